from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from benchmarks.servers import broker as broker_module
from benchmarks.servers.docker import DockerMissingError
from benchmarks.servers.kafka import JarsMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def _runs(address: str) -> Callable[[], AbstractContextManager[str]]:
    @contextmanager
    def launcher() -> Iterator[str]:
        yield address

    return launcher


def _lacks(error: Exception) -> Callable[[], AbstractContextManager[str]]:
    @contextmanager
    def launcher() -> Iterator[str]:
        raise error
        yield

    return launcher


@pytest.fixture(autouse=True)
def _no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(broker_module._LAUNCHERS, "docker", _lacks(DockerMissingError("no engine")))
    monkeypatch.setitem(broker_module._LAUNCHERS, "maven", _runs("jars:1"))
    monkeypatch.setitem(broker_module._LAUNCHERS, "embedded", _runs("embedded:1"))


def test_a_given_address_wins() -> None:
    environment = {"BADBUZZ_TEST_KAFKA": "here:9092", "BADBUZZ_TEST_BROKER": "embedded"}
    with broker_module.open_broker(environment) as broker:
        assert (broker.bootstrap, broker.kind, broker.is_apache) == ("here:9092", "given", True)


def test_the_best_available_kind_is_used_with_reasons_for_the_others() -> None:
    with broker_module.open_broker({}) as broker:
        assert (broker.bootstrap, broker.kind) == ("jars:1", "maven")
        assert broker.passed_over == ("docker: no engine",)


def test_the_embedded_broker_is_used_last_and_is_not_apache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(broker_module._LAUNCHERS, "maven", _lacks(JarsMissingError("no java")))
    with broker_module.open_broker({}) as broker:
        assert (broker.kind, broker.is_apache) == ("embedded", False)
        assert broker.passed_over == ("docker: no engine", "maven: no java")


def test_a_required_kind_is_used_or_fails() -> None:
    with broker_module.open_broker({"BADBUZZ_TEST_BROKER": "embedded"}) as broker:
        assert broker.kind == "embedded"
    with (
        pytest.raises(DockerMissingError, match="no engine"),
        broker_module.open_broker({"BADBUZZ_TEST_BROKER": "docker"}),
    ):
        pass


def test_an_unknown_kind_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="BADBUZZ_TEST_BROKER='redpanda': use one of docker, maven, embedded"),
        broker_module.open_broker({"BADBUZZ_TEST_BROKER": "redpanda"}),
    ):
        pass
