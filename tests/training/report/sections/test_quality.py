from __future__ import annotations

from typing import TYPE_CHECKING

from tests.training.report.workspace import find_captioned_charts, read_table
from training.report.sections.quality import write_quality

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_the_confusion_matrix_counts_every_tweet_of_the_test(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    rows = read_table(write_quality(workspace.load()), "At the threshold")
    assert list(rows) == ["lstm", "deployed"]
    for row in rows.values():
        cells = ("true negatives", "false positives", "false negatives", "true positives")
        assert sum(int(row[cell]) for cell in cells) == len(workspace.labels)
        hit_rate = int(row["true positives"]) / (int(row["true positives"]) + int(row["false negatives"]))
        assert row["true positive rate"] == f"{hit_rate:.4f}"


def test_the_deployed_model_is_in_each_roc_panel_and_has_a_calibration_panel(
    workspace: ReportWorkspace,
) -> None:
    workspace.add_experiment("lstm")
    section = write_quality(workspace.load())
    roc, calibration = (figure.chart for figure in find_captioned_charts(section))
    assert roc.description.startswith("ROC curves of 1 models")
    assert ">deployed</text>" in roc.inline()
    error = float(read_table(section, "At the threshold")["deployed"]["calibration error"])
    assert f"error {error:.3f}" in calibration.inline()


def test_without_experiments_the_deployed_model_is_drawn_alone(workspace: ReportWorkspace) -> None:
    roc, _ = find_captioned_charts(write_quality(workspace.load()))
    assert ">deployed</text>" in roc.chart.inline()
