from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter

from badbuzz.errors import Misconfigured, Retry
from worker.monitoring.health import Health
from worker.monitoring.http import HealthServer

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


def ask(server: HealthServer, path: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    try:
        with urlopen(f"http://{LOOPBACK}:{server.port}{path}", timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_alive_and_not_ready_yet(server: HealthServer) -> None:
    assert ask(server, "/healthz") == (200, "text/plain; charset=utf-8", "alive\n")
    assert ask(server, "/readyz") == (503, "text/plain; charset=utf-8", "starting\n")


def test_ready_until_something_is_away(server: HealthServer, health: Health) -> None:
    health.set_lags({0: 0})
    assert ask(server, "/readyz")[0] == 200
    health.mark_waiting(Retry("redis", "café closed"))
    assert ask(server, "/readyz")[::2] == (503, "waiting for redis: café closed\n")
    assert ask(server, "/healthz")[0] == 200


def test_metrics_are_in_prometheus_format(server: HealthServer) -> None:
    status, kind, body = ask(server, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert "# HELP tests_total Of this test.\n" in body
    assert "\ntests_total 3.0\n" in body


def test_another_path_says_which_there_are(server: HealthServer) -> None:
    assert ask(server, "/")[::2] == (404, "/metrics, /healthz or /readyz\n")


def test_many_may_ask_at_once(server: HealthServer) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(server, "/healthz")[0], range(40)))
    assert answers == [200] * 40


def test_nobody_is_told_of_each_scrape(server: HealthServer, capfd: pytest.CaptureFixture[str]) -> None:
    ask(server, "/metrics")
    ask(server, "/nothing")
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_named(server: HealthServer, health: Health) -> None:
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
