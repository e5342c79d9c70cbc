from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from badbuzz.errors import Misconfigured, Retry
from worker.monitoring.health import Health
from worker.monitoring.health_server import HealthServer

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    registry = CollectorRegistry()
    Counter("tests", "Of this test.", registry=registry).inc(3)
    server = HealthServer(LOOPBACK, 0, health, registry)
    yield server
    server.close()


def get(server: HealthServer, path: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    try:
        with urlopen(f"http://{LOOPBACK}:{server.port}{path}", timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_a_starting_worker_is_alive_but_not_ready(server: HealthServer) -> None:
    assert get(server, "/healthz") == (200, "text/plain; charset=utf-8", "alive\n")
    assert get(server, "/readyz") == (503, "text/plain; charset=utf-8", "starting\n")


def test_a_worker_is_ready_until_a_dependency_is_away(server: HealthServer, health: Health) -> None:
    health.set_lags({0: 0})
    assert get(server, "/readyz")[0] == 200
    health.mark_waiting(Retry("redis", "café closed"))
    assert get(server, "/readyz")[::2] == (503, "waiting for redis: café closed\n")
    assert get(server, "/healthz")[0] == 200


def test_metrics_have_the_prometheus_format(server: HealthServer) -> None:
    status, kind, body = get(server, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert "# HELP tests_total Of this test.\n" in body
    assert "\ntests_total 3.0\n" in body


def test_an_unknown_path_lists_the_known_ones(server: HealthServer) -> None:
    assert get(server, "/")[::2] == (404, "/metrics, /healthz or /readyz\n")


def test_concurrent_requests_are_answered(server: HealthServer) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: get(server, "/healthz")[0], range(40)))
    assert answers == [200] * 40


def test_requests_are_not_logged(server: HealthServer, capfd: pytest.CaptureFixture[str]) -> None:
    get(server, "/metrics")
    get(server, "/nothing")
    assert capfd.readouterr() == ("", "")


def test_the_error_for_a_port_in_use_names_it(server: HealthServer, health: Health) -> None:
    with pytest.raises(
        Misconfigured, match=f"{LOOPBACK}:{server.port} cannot be opened: .*BADBUZZ_HEALTH__PORT"
    ):
        HealthServer(LOOPBACK, server.port, health, CollectorRegistry())


def test_a_closed_server_frees_its_port(health: Health) -> None:
    first = HealthServer(LOOPBACK, 0, health, CollectorRegistry())
    first.close()
    second = HealthServer(LOOPBACK, first.port, health, CollectorRegistry())
    assert second.port == first.port
    second.close()
