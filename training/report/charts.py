"""Charts as SVG, drawn by matplotlib: transparent, coloured by CSS variables for light and dark pages, without scripts."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_INK, _QUIET, _GRID = "#1d2430", "#5b6472", "#d5dae1"
MAIN, OTHER, STUDY = "#0b62b8", "#8a93a0", "#b4530b"
"""Colours of lines. They differ in lightness too."""

STYLE: Final = """
.chart { --ink: #1d2430; --quiet: #5b6472; --grid: #d5dae1; --main: #0b62b8; --other: #8a93a0; --study: #b4530b; }
@media (prefers-color-scheme: dark) {
  .chart { --ink: #e8ebf0; --quiet: #a2abb9; --grid: #363e4b; --main: #6db3ff; --other: #7e8897; --study: #f2a35e; }
}
.chart * { stroke-linejoin: round; }
"""
"""The style sheet of all charts. A page with inline charts must include it."""

_SETTINGS: Final[Any] = {
    "axes.edgecolor": "none",
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.titlecolor": _INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "font.family": "DejaVu Sans",  # comes with matplotlib, and is wider than the fonts of browsers
    "font.size": 11,
    "grid.color": _GRID,
    "legend.frameon": False,
    "legend.labelcolor": _QUIET,
    "lines.markersize": 4,
    "svg.fonttype": "none",
    "text.color": _QUIET,
    "xtick.bottom": False,
    "xtick.labelcolor": _QUIET,
    "ytick.labelcolor": _QUIET,
    "ytick.left": False,
}
_COLUMNS: Final = 6
_DPI: Final = 72  # matplotlib's SVG is in points of 1/72 inch, so a point is a pixel here


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of ``width`` by ``height`` pixels. ``description`` is its text alternative."""

    description: str
    width: int
    height: int
    content: str

    def standalone(self) -> str:
        """Return the SVG as the content of a file."""
        return self.inline(f"<style>{STYLE}</style>") + "\n"

    def inline(self, style: str = "") -> str:
        """Return the SVG element for a page that includes :data:`STYLE`."""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="chart" '
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}" role="img" '
            f'aria-label="{escape(self.description)}">\n{style}{self.content}</svg>'
        )


@dataclass(frozen=True, slots=True)
class Line:
    """At least one point, joined by a line. ``label`` is its name in the legend."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str = MAIN
    has_dots: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval, and the study's figure. None where there is none."""

    name: str
    value: float | None
    ci: tuple[float, float] | None
    study: float | None


def draw_lines(
    description: str, panels: Mapping[str, Sequence[Line]], x: str, y: str, *, has_diagonal: bool = False
) -> Chart:
    """Draw one panel for each title, all with the same axes; the first line is on top.

    With ``has_diagonal`` the axes run from 0 to 1 and a dashed line shows where x equals y.
    """
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    with _figure(columns * 180, rows * 165 + 50) as figure:
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat
        for axes, (title, lines) in zip(grid, panels.items(), strict=False):
            axes.set_title(title)
            for place, line in enumerate(lines):
                x_values, y_values = ([point[axis] for point in line.points] for axis in (0, 1))
                (drawn,) = axes.plot(x_values, y_values, label=line.label, color=line.colour)
                drawn.set(marker="o" if line.has_dots else "", zorder=3 - place)
            if has_diagonal:
                axes.plot((0, 1), (0, 1), color=OTHER, linestyle="--", linewidth=1)
                axes.set(xlim=(0, 1), ylim=(0, 1))
            axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        for number, axes in enumerate(figure.axes):
            axes.tick_params(labelbottom=number + columns >= len(panels))
            axes.set_visible(number < len(panels))
        figure.supxlabel(x)
        figure.supylabel(y)
        _add_legend(figure)
        return _render(figure, description)


def draw_histograms(
    description: str, panels: Mapping[str, tuple[Sequence[float], Sequence[float]]], x: str
) -> Chart:
    """Draw one histogram of tweets for each title, from its bin edges and the counts between them."""
    with _figure(360 * len(panels), 230) as figure:
        grid = figure.subplots(1, len(panels), squeeze=False).flat
        for axes, (title, (edges, counts)) in zip(grid, panels.items(), strict=True):
            axes.set_title(title)
            axes.stairs(counts, edges, color=MAIN, fill=True, zorder=3)
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.set(xlim=(edges[0], edges[-1]), ylim=(0, None))
        figure.supxlabel(x)
        figure.supylabel("tweets")
        return _render(figure, description)


def draw_intervals(description: str, intervals: Sequence[Interval]) -> Chart:
    """Draw one line for each figure, best first: a dot with its interval, and a mark for the study's figure."""
    ranked = sorted(intervals, key=lambda one: (one.value is None, -(one.value or 0)))
    with _figure(760, len(ranked) * 20 + 60) as figure:
        axes = figure.subplots()
        for place, one in enumerate(ranked):
            if one.study is not None:
                axes.plot(one.study, place, color=STUDY, label="study", marker="|", ms=11, mew=2.5, ls="")
            if one.value is not None and one.ci is not None:
                axes.plot(one.ci, (place, place), color=MAIN)
                label = "fitted here, with its 95 % interval"
                axes.plot(one.value, place, color=MAIN, label=label, marker="o", ms=6, ls="")
        axes.set_yticks(range(len(ranked)), [one.name for one in ranked])
        axes.set_ylim(len(ranked) - 0.5, -0.5)
        axes.tick_params(axis="y", labelcolor=_INK)
        _add_legend(figure)
        return _render(figure, description)


@contextmanager
def _figure(width: int, height: int) -> Iterator[Figure]:
    with mpl.rc_context():
        mpl.rcdefaults()  # without those of a file matplotlibrc in the working folder
        mpl.rcParams.update(_SETTINGS)
        yield Figure((width / _DPI, height / _DPI), _DPI, facecolor="none", layout="constrained")


def _add_legend(figure: Figure) -> None:
    """Add one legend entry for each label, above the axes."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside upper left", ncols=len(entries))


def _render(figure: Figure, description: str) -> Chart:
    """Return the figure as SVG that is the same in every run, and whose ids are its own within a page."""
    for artist in figure.findobj():
        artist.set_clip_on(False)
    buffer, no_metadata = io.StringIO(), dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": description}):
        figure.savefig(buffer, format="svg", metadata=no_metadata)
    content = buffer.getvalue().partition("<svg")[2].partition(">")[2].rpartition("</svg>")[0]
    content = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", content, flags=re.DOTALL)
    content = re.sub(r' id="[\w.]+_\d+"| transform="rotate\(-?0 [^"]*"', "", content)
    content = re.sub(r"<[^>]+>", _round_numbers, content)
    content = content.replace("'DejaVu Sans'", "system-ui, sans-serif")
    for name, colour in re.findall(r"--(\w+): (#\w+)", STYLE.partition("@media")[0]):
        content = content.replace(colour, f"var(--{name}, {colour})")
    width, height = (round(inches * _DPI) for inches in figure.get_size_inches())
    return Chart(description, width, height, content)


def _round_numbers(tag: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", tag[0])
