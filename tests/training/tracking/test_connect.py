from __future__ import annotations

import socket
import sys

import pytest

from badbuzz.errors import DependencyDown, Misconfigured

pytest.importorskip("mlflow")
pytest.importorskip("sklearn")

from training.tracking.connect import ADDRESS, connect_tracker
from training.tracking.port import NoOpTracker


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow cannot be imported."""
    monkeypatch.setitem(sys.modules, "mlflow", None)
    for module in ("mlflow_package", "mlflow_tracker"):
        monkeypatch.delitem(sys.modules, f"training.tracking.{module}", raising=False)


def test_an_address_without_a_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(ADDRESS, f"http://me:secret@127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(DependencyDown, match="unset MLFLOW_TRACKING_URI") as raised:
            connect_tracker()
    assert "secret" not in str(raised.value)


def test_an_address_of_an_unknown_scheme_is_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "carrier-pigeon://roof")
    with pytest.raises(Misconfigured, match="carrier-pigeon"):
        connect_tracker()


@pytest.mark.usefixtures("without_mlflow")
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")
    with pytest.raises(Misconfigured, match="install the extra `mlflow`"):
        connect_tracker()


@pytest.mark.usefixtures("without_mlflow")
def test_without_an_address_mlflow_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    assert isinstance(connect_tracker(), NoOpTracker)
