from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from tests.training.report.workspace import find_captioned_charts, read_paragraphs, read_table
from training.report.sections.human_labels import write_human_labels

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_hand_labelled_tweets_are_counted_by_brand_and_neutral_ones_apart(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    data = workspace.load(manual=workspace.write_manual(), ratings=workspace.write_ratings())
    section = write_human_labels(data)
    brands = read_table(section, "By brand")
    assert list(brands) == ["airline", "all others"]
    assert [brands["airline"][label] for label in ("negative", "neutral", "positive")] == ["4", "4", "4"]
    models = read_table(section, "On the 12 tweets")
    assert models["lstm"]["AUC (95 %)"] == "not run"
    assert models["deployed"]["AUC (95 %)"] != "not run"
    assert "Another 6 tweets were called neutral" in read_paragraphs(section)
    assert "rated each of 12 other tweets" in read_paragraphs(section)
    assert [figure.name for figure in find_captioned_charts(section)] == ["manual"]


def test_files_that_are_not_given_are_named_by_their_option(workspace: ReportWorkspace) -> None:
    text = read_paragraphs(write_human_labels(workspace.load()))
    assert "--manual" in text
    assert "--ratings" in text


def test_a_file_without_its_columns_is_named(workspace: ReportWorkspace) -> None:
    with pytest.raises(DataRefused, match="polarity, query, text"):
        write_human_labels(workspace.load(manual=workspace.test))
