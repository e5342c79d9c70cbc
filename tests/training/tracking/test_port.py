"""MLflow is told of runs, whatever becomes of its server: against its own store of files, and a server that misbehaves."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from obstore.store import MemoryStore

from badbuzz.errors import DependencyDown, Misconfigured, Usage
from model_registry.store.registry import Registry

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")
pytest.importorskip("mlflow")

from mlflow import MlflowClient

from tests.training.tracking.mlflow_server import MLflowServer
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.result import RESULT
from training.experiments.run import RunContext
from training.fitting import CurvePoint
from training.neural.observer import FittingObservers
from training.specs import NeuralSpec
from training.tracking import mlflow_run
from training.tracking.connect import ADDRESS, connect_tracker
from training.tracking.mlflow_run import STATE
from training.tracking.mlflow_tracker import MLflowTracker
from training.tracking.port import NoOpTracker, Outcome
from training.tracking.tracked_experiment import run_tracked_experiment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow.entities import Run

    from training.experiments.experiment import Experiment
    from training.tracking.port import TrackedRun

pytestmark = pytest.mark.tensorflow

POINT = CurvePoint(1.0, 0.5, 0.4, 0.8, 0.9)
ENDED = Outcome({}, {"parameters": 7, "version": "lstm:3", "git revision": None})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr(mlflow_run, "_WAITS", (0, 0))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """MLflow's own store in a folder, as who reads it sees it."""
    address = (tmp_path / "mlruns").as_uri()
    monkeypatch.setenv(ADDRESS, address)
    return MlflowClient(tracking_uri=address)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MLflowServer]:
    with MLflowServer(tmp_path / "artefacts") as running:
        yield running


def interrupted(run: TrackedRun, error: type[BaseException]) -> None:
    run.step_finished(10, 20, 250, 0.6)
    run.evaluation_finished(POINT)
    raise error


def small(name: str) -> Experiment:
    row = find_experiment(name)
    spec = dataclasses.replace(row.spec, rows=400)
    if isinstance(spec, NeuralSpec):
        spec = dataclasses.replace(spec, epochs=2, batch_size=4, learning_rate=0.02)
    return dataclasses.replace(row, spec=spec)


def workshop(folder: Path) -> RunContext:
    return RunContext(folder, Registry(MemoryStore()), FittingObservers(()))


def runs(client: MlflowClient) -> list[Run]:
    experiment = client.get_experiment_by_name("badbuzz")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def test_a_linear_row_is_told_of(files: MlflowClient, data: Path, tmp_path: Path) -> None:
    row = small("hashing_lr")
    result = run_tracked_experiment(row, ExperimentInputs(data), workshop(tmp_path), connect_tracker())
    (run,) = runs(files)
    assert (run.info.run_name, run.info.status) == ("hashing_lr", "FINISHED")
    assert {"shared": "True", "rows": "400", "vectors": "1,024 hashes"}.items() <= run.data.params.items()
    assert run.data.metrics["final/test/auc"] == result.metrics["test"].auc
    assert run.data.metrics["parameters"] == result.parameters
    assert run.data.tags["data fingerprint"] == result.data_fingerprint
    assert [file.path for file in files.list_artifacts(run.info.run_id)] == [RESULT]


def test_a_network_s_curve_is_told_of(files: MlflowClient, data: Path, tmp_path: Path) -> None:
    result = run_tracked_experiment(
        small("rnn_base"), ExperimentInputs(data), workshop(tmp_path), connect_tracker()
    )
    (run,) = runs(files)
    curve = files.get_metric_history(run.info.run_id, "validation/auc")
    assert [(point.step, point.value) for point in curve] == [
        (round(point.epochs * 98), point.validation_auc) for point in result.curve
    ]
    losses = files.get_metric_history(run.info.run_id, "train/loss of one batch")
    assert [point.step for point in losses] == [50, 100, 150]


def test_nothing_is_told_twice_and_what_was_finished_before_is_told_once(
    files: MlflowClient, data: Path, tmp_path: Path
) -> None:
    row, materials = small("hashing_lr"), ExperimentInputs(data)
    before = run_tracked_experiment(row, materials, workshop(tmp_path), NoOpTracker())
    for _ in range(2):
        assert run_tracked_experiment(row, materials, workshop(tmp_path), connect_tracker()) == before
    (run,) = runs(files)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["final/test/auc"] == before.metrics["test"].auc


def test_a_row_that_cannot_be_made_is_not_told_of(files: MlflowClient, data: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="needs --glove"):
        run_tracked_experiment(
            small("glove_lstm"), ExperimentInputs(data), workshop(tmp_path), connect_tracker()
        )
    assert runs(files) == []


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (MemoryError, "FAILED")])
def test_an_interrupted_run_says_so_and_goes_on_as_the_same(
    files: MlflowClient, tmp_path: Path, error: type[BaseException], status: str
) -> None:
    with pytest.raises(error), connect_tracker().start_run(tmp_path, "lstm", {"epochs": 5}) as run:
        interrupted(run, error)
    assert runs(files)[0].info.status == status
    with connect_tracker().start_run(tmp_path, "lstm", {"epochs": 5}) as run:
        assert runs(files)[0].info.status == "RUNNING"
        run.step_finished(20, 20, 250, 0.5)
        run.evaluation_finished(POINT)
        run.log_outcome(ENDED)
    (ended,) = runs(files)
    assert ended.info.status == "FINISHED"
    history = files.get_metric_history(ended.info.run_id, "train/loss")
    assert [point.step for point in history] == [10, 20]
    assert ended.data.metrics["parameters"] == 7
    assert ended.data.tags["version"] == "lstm:3"
    assert "git revision" not in ended.data.tags


def test_a_run_of_another_server_begins_anew(server: MLflowServer, tmp_path: Path) -> None:
    (tmp_path / STATE).write_text(json.dumps({"run_id": "elsewhere", "concluded": False}))
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        run.log_outcome(ENDED)
    assert server.runs["run1"]["status"] == "FINISHED"


@pytest.mark.parametrize("mood", ["broken", "silent"])
def test_a_server_that_goes_away_costs_nothing_but_a_warning(
    server: MLflowServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, mood: str
) -> None:
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        server.mood = mood
        for step in (50, 100):
            run.step_finished(step, 200, 250, 0.5)
            run.evaluation_finished(POINT)
        assert server.refused == 2
        server.mood = "well"
        run.step_finished(150, 200, 250, 0.4)
        run.evaluation_finished(POINT)
        told = [(metric["key"], metric["step"]) for metric in server.runs["run1"]["metrics"]]
        assert [step for key, step in told if key == "validation/auc"] == [50, 100, 150]
        run.log_outcome(ENDED)
    assert server.runs["run1"]["status"] == "FINISHED"
    warned = [record for record in caplog.records if record.name == mlflow_run.log.name]
    assert [record.levelno for record in warned] == [logging.WARNING]
    assert "training continues" in warned[0].getMessage()


def test_what_could_not_be_told_in_the_end_is_told_by_the_same_command_later(
    server: MLflowServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        server.mood = "broken"
        run.log_outcome(ENDED)
    assert server.refused == 2
    assert "give the same command once the server is back" in caplog.text
    server.mood = "well"
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        run.log_outcome(ENDED)
    assert list(server.runs) == ["run1"]
    assert server.runs["run1"]["status"] == "FINISHED"


@pytest.mark.parametrize("mood", ["broken", "silent"])
def test_a_server_that_is_away_when_a_run_would_begin_is_named(server: MLflowServer, mood: str) -> None:
    server.mood = mood
    with pytest.raises(DependencyDown, match="unset MLFLOW_TRACKING_URI"):
        MLflowTracker.connect(server.address)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(ADDRESS, f"http://me:secret@127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(DependencyDown, match="unset MLFLOW_TRACKING_URI") as raised:
            connect_tracker()
    assert "secret" not in str(raised.value)


def test_an_address_of_an_unknown_kind_is_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "carrier-pigeon://roof")
    with pytest.raises(Misconfigured, match="carrier-pigeon"):
        connect_tracker()


def test_a_missing_package_is_named_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")
    monkeypatch.delitem(sys.modules, "training.tracking.mlflow_package")
    monkeypatch.delitem(sys.modules, "training.tracking.mlflow_tracker")
    with pytest.raises(Misconfigured, match="install the extra `mlflow`"):
        connect_tracker()


def test_without_an_address_mlflow_is_not_even_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.delitem(sys.modules, "training.tracking.mlflow_package")
    monkeypatch.delitem(sys.modules, "training.tracking.mlflow_tracker")
    with connect_tracker().start_run(tmp_path / "run", "lstm", {}) as run:
        run.evaluation_finished(POINT)
        run.log_outcome(ENDED)
    assert not list(tmp_path.iterdir())
