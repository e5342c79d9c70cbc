from __future__ import annotations

from typing import TYPE_CHECKING

from tests.training.report.workspace import read_table
from training.report.sections.writing_styles import write_writing_styles
from training.report.text_patterns import STYLES

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_all_tweets_are_measured_as_a_style_of_their_own(workspace: ReportWorkspace) -> None:
    metrics = workspace.add_experiment("lstm").metrics["test"]
    section = write_writing_styles(workspace.load())
    assert list(read_table(section, "tiny:1 by style")) == list(STYLES)
    assert read_table(section, "tiny:1 by style")["all"]["tweets"] == str(len(workspace.labels))
    assert read_table(section, "Accuracy of each")["lstm"]["all"] == f"{metrics.accuracy:.4f}"


def test_a_style_without_tweets_has_no_figure(workspace: ReportWorkspace) -> None:
    section = write_writing_styles(workspace.load())
    empty = [row for row in read_table(section, "tiny:1 by style").values() if row["tweets"] == "0"]
    assert empty
    assert all(row["AUC (95 %)"] == row["positive"] == "–" for row in empty)
