from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

pytest.importorskip("sklearn")

from badbuzz.errors import DataRefused
from training.experiments.result import SCORES
from training.report.finished_experiments import read_finished_experiments

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.report.workspace import ReportWorkspace


def test_experiments_are_in_the_table_s_order_without_unfinished_ones(workspace: ReportWorkspace) -> None:
    for name in ("deep", "lstm", "hashing_lr"):
        workspace.add_experiment(name)
    folder = workspace.folder / "experiments"
    (folder / "rnn").mkdir()
    (folder / "notes.txt").touch()
    found = read_finished_experiments(folder)
    assert list(found) == ["hashing_lr", "lstm", "deep"]
    np.testing.assert_array_equal(found["lstm"].test_scores.labels, workspace.labels)
    assert found["lstm"].test_metrics == found["lstm"].result.metrics["test"]


def test_a_folder_that_does_not_exist_has_no_experiments(tmp_path: Path) -> None:
    assert read_finished_experiments(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("broken", [None, b"", b"none"])
def test_broken_scores_are_named(workspace: ReportWorkspace, broken: bytes | None) -> None:
    workspace.add_experiment("lstm")
    path = workspace.folder / "experiments" / "lstm" / SCORES
    path.unlink() if broken is None else path.write_bytes(broken)
    with pytest.raises(DataRefused, match=r"lstm/scores\.safetensors: not the scores of test"):
        read_finished_experiments(workspace.folder / "experiments")


def test_an_experiment_without_scores_of_the_test_is_named(workspace: ReportWorkspace) -> None:
    metrics = workspace.add_experiment("rnn").metrics["test"]
    workspace.add_experiment("lstm", metrics={"other": metrics})
    scores = workspace.labels.astype(np.float32)
    save_file(
        {"other/labels": workspace.labels, "other/scores": scores},
        workspace.folder / "experiments" / "lstm" / SCORES,
    )
    with pytest.raises(DataRefused, match="lstm was not measured on the test"):
        read_finished_experiments(workspace.folder / "experiments")
