from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sklearn")

from badbuzz.errors import DataRefused
from training.experiments.experiment import StudyFigures
from training.experiments.result import RESULT, ExperimentResult
from training.fitting import CurvePoint

if TYPE_CHECKING:
    from pathlib import Path

FINISHED = ExperimentResult(
    name="lstm",
    study=StudyFigures(auc=0.9, accuracy=0.8),
    remark="",
    settings={"kind": "recurrent", "rows": None},
    vectors="own",
    rows=392,
    parameters=7,
    cpu_seconds=1.5,
    metrics={},
    curve=[CurvePoint(1.0, 0.5, 0.4, 0.8, 0.9)],
    data_fingerprint="ab",
    software="badbuzz",
    git_revision=None,
    version="lstm:1",
    finished_at=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_a_written_result_is_read(tmp_path: Path) -> None:
    FINISHED.write(tmp_path)
    assert ExperimentResult.read(tmp_path) == FINISHED
    assert [path.name for path in tmp_path.iterdir()] == [RESULT]


def test_an_unfinished_experiment_has_no_result(tmp_path: Path) -> None:
    assert ExperimentResult.read(tmp_path) is None
    assert ExperimentResult.read(tmp_path / "nowhere") is None


def test_a_broken_result_is_named(tmp_path: Path) -> None:
    (tmp_path / RESULT).write_text("{")
    with pytest.raises(DataRefused, match=r"result\.json: not the result of an experiment"):
        ExperimentResult.read(tmp_path)
