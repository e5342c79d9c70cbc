from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from training.report.charts.frame import Axis, Frame
from training.report.charts.kinds import Line, Measured, bars, histogram, intervals, lines

if TYPE_CHECKING:
    from training.report.charts.svg import Svg

FRAME = Frame("a <b> & c", Axis("x", 0, 1), Axis("y", 0, 2))
CHARTS = [
    lines(FRAME, [Line([(0, 0), (0.5, 2), (1, 1)], "main", dots=True)], diagonal=True),
    lines(FRAME, []),
    histogram("words", "words", [0, 1, 2], [3, 0]),
    histogram("nothing", "words", [0, 1], [0]),
    bars("tweets", {"test, negative": 12, "test, positive": 0}),
    intervals("AUC", [Measured("here", 0.8, (0.7, 0.9), 0.75), Measured("absent", None, None, 0.6)]),
    intervals("AUC", [Measured("absent", None, None, None)]),
]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_whole_by_itself_and_draws_within_its_bounds(chart: Svg) -> None:
    root = ET.fromstring(chart.standalone())  # noqa: S314 - our own
    assert root.get("aria-label") == chart.title
    for element in root.iter():
        for name, limit in (
            ("x", chart.width),
            ("cx", chart.width),
            ("y", chart.height),
            ("cy", chart.height),
        ):
            assert -0.5 <= float(element.get(name, 0)) <= limit + 0.5
        steps = re.findall(r"[-\d.]+", element.get("d", ""))
        assert all(-0.5 <= float(step) <= max(chart.width, chart.height) for step in steps)


def test_a_chart_in_a_page_leaves_the_style_to_the_page() -> None:
    assert "<style>" in CHARTS[0].standalone()
    assert "<style>" not in CHARTS[0].inline()
    assert "a &lt;b&gt; &amp; c" in CHARTS[0].inline()


def test_what_was_not_run_has_the_study_s_mark_and_no_dot() -> None:
    here, absent = CHARTS[5].inline(), CHARTS[6].inline()
    assert here.count("<circle") == 1
    assert "here, study: 0.7500" in here
    assert "<circle" not in absent


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 4, [0, 1, 2, 3, 4]), (0.51, 0.69, [0.55, 0.6, 0.65])],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert Axis("", low, high).ticks() == pytest.approx(ticks)
