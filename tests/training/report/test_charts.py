from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("matplotlib")

from training.report.charts import Interval, Line, draw_histograms, draw_intervals, draw_lines

if TYPE_CHECKING:
    from training.report.charts import Chart

SVG = "{http://www.w3.org/2000/svg}"
DESCRIPTION = 'a "<b>" & c'
HERE = Interval("here", 0.8, (0.7, 0.9), 0.75)
ABSENT = Interval("absent", None, None, 0.6)


def draw_panels(count: int) -> Chart:
    line = Line("model", [(0, 0), (0.5, 1), (1, 0.4)], has_dots=True)
    panels = {f"panel_{number}\nerror 0.0071": [line] for number in range(count)}
    return draw_lines(DESCRIPTION, panels, "score", "share", has_diagonal=True)


CHARTS = [
    draw_panels(1),
    draw_panels(8),
    draw_lines("one point", {"title": [Line("model", [(0, 0.5)])]}, "x", "y"),
    draw_lines("no lines", {f"title {number}": [] for number in range(7)}, "x", "y", has_diagonal=True),
    draw_histograms("words", {"train": ([0, 1, 2], [3, 0]), "test": ([0, 1, 2], [0, 0])}, "words"),
    draw_intervals("AUC", [ABSENT, HERE]),
    draw_intervals("AUC", [Interval("absent", None, None, None)]),
]


def texts(chart: Chart) -> list[str]:
    root = ET.fromstring(chart.standalone())  # noqa: S314 - our own
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_a_whole_file_that_draws_within_its_bounds(chart: Chart) -> None:
    root = ET.fromstring(chart.standalone())  # noqa: S314 - our own
    assert root.get("aria-label") == chart.description
    assert root.get("role") == "img"
    for element in root.iter():
        if element.tag in {f"{SVG}text", f"{SVG}use"}:
            assert -0.5 <= float(element.get("x", 0)) <= chart.width + 0.5
            assert -0.5 <= float(element.get("y", 0)) <= chart.height + 0.5
    for path in root.findall(f".//{SVG}g/{SVG}path"):
        steps = [float(step) for step in re.findall(r"-?[\d.]+", path.get("d", ""))]
        assert all(-0.5 <= step <= max(chart.width, chart.height) + 0.5 for step in steps)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_has_no_background_no_script_and_loads_nothing(chart: Chart) -> None:
    content = chart.standalone()
    for forbidden in ("<script", "<image", "url(", "<metadata", "<!DOCTYPE", "rect "):
        assert forbidden not in content
    assert not re.search(r'href="(?!#)', content)


def test_colours_are_variables_with_a_value_for_light_and_dark_pages() -> None:
    content = CHARTS[0].standalone()
    used = set(re.findall(r"var\((--\w+)", content))
    assert used
    for name in used:
        assert len(re.findall(rf"{name}: #", content)) == 2
    for style in re.findall(r'style="([^"]*)"', content):
        assert "#" not in re.sub(r"var\(--\w+, #\w+\)", "", style)


def test_an_inline_chart_leaves_the_style_to_the_page() -> None:
    assert "<style>" in CHARTS[0].standalone()
    assert "<style" not in CHARTS[0].inline()
    assert "a &quot;&lt;b&gt;&quot; &amp; c" in CHARTS[0].inline()


def test_the_same_data_give_the_same_file() -> None:
    assert draw_panels(8).standalone() == CHARTS[1].standalone()


def test_charts_in_one_page_share_no_ids() -> None:
    ids = [name for chart in (CHARTS[1], CHARTS[5]) for name in re.findall(r' id="(\S+)"', chart.inline())]
    assert len(ids) == len(set(ids))


def test_each_panel_has_its_title_with_its_figure_unrounded() -> None:
    found = texts(CHARTS[1])
    assert [text for text in found if text.startswith("panel_")] == [f"panel_{n}" for n in range(8)]
    assert found.count("error 0.0071") == 8


def test_an_experiment_that_was_not_run_has_the_study_s_mark_and_no_dot() -> None:
    here, absent = draw_intervals("AUC", [HERE]), draw_intervals("AUC", [ABSENT])
    assert "fitted here, with its 95 % interval" in texts(here)
    assert "study" in texts(here)
    assert "fitted here, with its 95 % interval" not in texts(absent)
    assert "study" in texts(absent)


def test_the_best_figure_is_on_top_and_experiments_that_were_not_run_are_last() -> None:
    better = Interval("better", 0.9, (0.8, 0.95), None)
    found = texts(draw_intervals("AUC", [ABSENT, HERE, better]))
    names = [text for text in found if text in {"here", "better", "absent"}]
    assert names == ["better", "here", "absent"]
