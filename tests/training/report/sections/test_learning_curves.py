from __future__ import annotations

from typing import TYPE_CHECKING

from tests.training.report.workspace import CURVE, find_captioned_charts, read_paragraphs
from training.report.sections.learning_curves import write_learning_curves

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_each_network_has_a_panel_with_its_best_auc(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", curve=CURVE)
    workspace.add_experiment("rnn", curve=CURVE[:1])
    workspace.add_experiment("hashing_lr")
    [figure] = find_captioned_charts(write_learning_curves(workspace.load()))
    content = figure.chart.inline()
    assert "AUC 0.8100" in content
    assert "AUC 0.7800" in content
    assert "hashing_lr" not in content
    assert "2 networks" in figure.chart.description


def test_without_networks_there_is_no_chart(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("hashing_lr")
    section = write_learning_curves(workspace.load())
    assert find_captioned_charts(section) == []
    assert "No network has been fitted" in read_paragraphs(section)
