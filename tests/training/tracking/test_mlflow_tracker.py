from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DependencyDown

pytest.importorskip("mlflow")
pytest.importorskip("sklearn")

from tests.training.tracking.tracked_runs import OUTCOME
from training.tracking.mlflow_run import STATE
from training.tracking.mlflow_tracker import MLflowTracker
from training.tracking.port import NoOpRun

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.tracking.mlflow_server import MLflowServer


def test_a_run_of_another_server_starts_anew(server: MLflowServer, tmp_path: Path) -> None:
    (tmp_path / STATE).write_text(json.dumps({"run_id": "elsewhere", "concluded": False}))
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        run.log_outcome(OUTCOME)
    assert server.runs["run1"]["status"] == "FINISHED"


def test_a_concluded_run_is_not_logged_again(server: MLflowServer, tmp_path: Path) -> None:
    (tmp_path / STATE).write_text(json.dumps({"run_id": "run1", "concluded": True}))
    with MLflowTracker.connect(server.address).start_run(tmp_path, "lstm", {}) as run:
        assert isinstance(run, NoOpRun)
    assert server.runs == {}


def test_the_mlflow_experiment_is_named_by_the_environment(
    server: MLflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    MLflowTracker.connect(server.address)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "autumn")
    MLflowTracker.connect(server.address)
    assert server.experiments == ["badbuzz", "autumn"]


@pytest.mark.parametrize("mood", ["broken", "silent"])
def test_a_server_that_does_not_answer_at_the_start_is_named(server: MLflowServer, mood: str) -> None:
    server.mood = mood
    with pytest.raises(DependencyDown, match="unset MLFLOW_TRACKING_URI"):
        MLflowTracker.connect(server.address)
