from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.tracking.mlflow_server import MLflowServer
from training.tracking.connect import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow")
    pytest.importorskip("sklearn")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr("training.tracking.mlflow_run._WAITS", (0, 0))


@pytest.fixture
def file_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """A client of MLflow's own store in a folder, which is the tracker of the test."""
    from mlflow import MlflowClient  # noqa: PLC0415 - an extra

    address = (tmp_path / "mlruns").as_uri()
    monkeypatch.setenv(ADDRESS, address)
    return MlflowClient(tracking_uri=address)


@pytest.fixture
def runs(file_store: MlflowClient) -> Callable[[], list[Run]]:
    """Read all runs in the file store."""

    def read() -> list[Run]:
        experiment = file_store.get_experiment_by_name("badbuzz")
        assert experiment is not None
        return list(file_store.search_runs([experiment.experiment_id]))

    return read


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MLflowServer]:
    with MLflowServer(tmp_path / "artefacts") as running:
        yield running
