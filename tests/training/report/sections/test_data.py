from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.training.report.workspace import find_captioned_charts, read_table
from training.report.sections.data import write_data

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_classes_are_counted(workspace: ReportWorkspace) -> None:
    row = read_table(write_data(workspace.load()), "Labelled tweets")["test"]
    positive = np.count_nonzero(workspace.labels)
    assert row["tweets"] == str(len(workspace.labels))
    assert (row["negative"], row["positive"]) == (str(len(workspace.labels) - positive), str(positive))
    assert row["share positive"] == f"{positive / len(workspace.labels):.1%}"


def test_the_training_set_is_described_if_it_is_given(workspace: ReportWorkspace) -> None:
    section = write_data(workspace.load(train=workspace.test))
    assert list(read_table(section, "Labelled tweets")) == ["train", "test"]
    [figure] = find_captioned_charts(section)
    assert figure.chart.description.endswith("train, test")
