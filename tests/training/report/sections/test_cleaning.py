from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from tests.training.report.workspace import read_paragraphs, read_table
from training.azure.measurement import FormMeasurement, Measurement, write_measurements
from training.report.sections.cleaning import write_cleaning

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_experiments_that_differ_in_cleaning_only_are_compared(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    assert "not run" in read_paragraphs(write_cleaning(workspace.load()))
    settings = workspace.add_experiment("rnn").settings
    changed = {**settings, "cleaning": "advanced", "name": "rnn_advanced"}
    workspace.add_experiment("rnn", name="rnn_advanced", settings=changed)
    pairs = read_table(write_cleaning(workspace.load()), "Experiments that differ")
    assert list(pairs) == ["rnn_advanced", "rnn"]
    assert [one["cleaning"] for one in pairs.values()] == ["advanced", "standard"]


def test_advanced_cleaning_leaves_fewer_words(workspace: ReportWorkspace) -> None:
    rows = read_table(write_cleaning(workspace.load()), "The test's texts")
    assert list(rows) == ["raw", "standard", "advanced"]
    assert float(rows["advanced"]["words per tweet"]) < float(rows["standard"]["words per tweet"])


def test_the_service_is_compared_on_each_form(workspace: ReportWorkspace) -> None:
    metrics = evaluate([0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8])
    measurement = Measurement(
        sample=4, seed=1, fingerprint="f", metrics=metrics, without_opinion={}, model_versions=("1",)
    )
    (workspace.folder / "azure").mkdir()
    write_measurements(workspace.folder / "azure", [FormMeasurement("standard", measurement)])
    rows = read_table(write_cleaning(workspace.load()), "Azure")
    assert rows["standard"]["accuracy (95 %)"].startswith("0.7500")
