from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("mlflow")
pytest.importorskip("sklearn")

from tests.training.tracking.tracked_runs import OUTCOME, POINT
from training.tracking import mlflow_run
from training.tracking.connect import connect_tracker
from training.tracking.mlflow_run import read_state, write_state
from training.tracking.mlflow_tracker import MLflowTracker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from tests.training.tracking.mlflow_server import MLflowServer
    from training.tracking.port import TrackedRun


def interrupt(run: TrackedRun, error: type[BaseException]) -> None:
    run.on_step_finished(10, 20, 250, 0.6)
    run.on_evaluation_finished(POINT)
    raise error


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (MemoryError, "FAILED")])
def test_an_interrupted_run_is_marked_and_continues_as_the_same_run(
    file_store: MlflowClient,
    runs: Callable[[], list[Run]],
    tmp_path: Path,
    error: type[BaseException],
    status: str,
) -> None:
    with pytest.raises(error), connect_tracker().start_run(tmp_path, "lstm", {"epochs": 5}) as run:
        interrupt(run, error)
    assert runs()[0].info.status == status
    with connect_tracker().start_run(tmp_path, "lstm", {"epochs": 5}) as run:
        assert runs()[0].info.status == "RUNNING"
        run.on_step_finished(20, 20, 250, 0.5)
        run.on_evaluation_finished(POINT)
        run.log_outcome(OUTCOME)
    (ended,) = runs()
    assert ended.info.status == "FINISHED"
    history = file_store.get_metric_history(ended.info.run_id, "train/loss")
    assert [point.step for point in history] == [10, 20]
    assert ended.data.metrics["parameters"] == 7
    assert ended.data.tags["version"] == "lstm:3"
    assert "git revision" not in ended.data.tags


@pytest.mark.parametrize("mood", ["broken", "silent"])
def test_metrics_that_cannot_be_sent_are_sent_later_and_cause_one_warning(
    server: MLflowServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, mood: str
) -> None:
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        server.mood = mood
        for step in (50, 100):
            run.on_step_finished(step, 200, 250, 0.5)
            run.on_evaluation_finished(POINT)
        assert server.refused == 2
        server.mood = "well"
        run.on_step_finished(150, 200, 250, 0.4)
        run.on_evaluation_finished(POINT)
        logged = [(metric["key"], metric["step"]) for metric in server.runs["run1"]["metrics"]]
        assert [step for key, step in logged if key == "validation/auc"] == [50, 100, 150]
        run.log_outcome(OUTCOME)
    assert server.runs["run1"]["status"] == "FINISHED"
    warned = [record for record in caplog.records if record.name == mlflow_run.log.name]
    assert [record.levelno for record in warned] == [logging.WARNING]
    assert "training continues" in warned[0].getMessage()


def test_an_outcome_that_cannot_be_sent_is_sent_by_the_next_run_of_the_command(
    server: MLflowServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        server.mood = "broken"
        run.log_outcome(OUTCOME)
    assert server.refused == 2
    assert "give the same command once the server is back" in caplog.text
    server.mood = "well"
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        run.log_outcome(OUTCOME)
    assert list(server.runs) == ["run1"]
    assert server.runs["run1"]["status"] == "FINISHED"


def test_the_state_of_a_run_is_stored_in_its_folder(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    write_state(tmp_path, "run7", concluded=True)
    assert read_state(tmp_path) == {"run_id": "run7", "concluded": True}
