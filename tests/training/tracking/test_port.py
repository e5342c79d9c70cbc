"""What holds for every tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("mlflow")
pytest.importorskip("sklearn")

from tests.training.tracking.tracked_runs import OUTCOME, POINT
from training.tracking.mlflow_tracker import MLflowTracker
from training.tracking.port import ExperimentTracker, NoOpTracker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.tracking.mlflow_server import MLflowServer


@pytest.fixture(params=["MLflow", "no-op"])
def tracker(request: pytest.FixtureRequest, server: MLflowServer) -> ExperimentTracker:
    return MLflowTracker.connect(server.address) if request.param == "MLflow" else NoOpTracker()


def test_a_run_takes_all_events_and_the_same_run_can_start_again(
    tracker: ExperimentTracker, tmp_path: Path
) -> None:
    for _ in range(2):
        with tracker.start_run(tmp_path / "run", "lstm", {"epochs": 5}) as run:
            run.on_sentences_encoded(10, 20)
            run.on_step_finished(1, 2, 250, 0.5)
            run.on_evaluation_finished(POINT)
            run.log_outcome(OUTCOME)


def test_an_error_of_the_run_is_not_suppressed(tracker: ExperimentTracker, tmp_path: Path) -> None:
    with pytest.raises(MemoryError), tracker.start_run(tmp_path / "run", "lstm", {}):
        raise MemoryError


def test_the_no_op_tracker_writes_nothing(tmp_path: Path) -> None:
    with NoOpTracker().start_run(tmp_path / "run", "lstm", {}) as run:
        run.log_outcome(OUTCOME)
    assert not (tmp_path / "run").exists()
