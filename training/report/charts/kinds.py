"""The kinds of charts that the report is illustrated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from training.report.charts.frame import Axis, Frame
from training.report.charts.svg import Svg, bar, dot, line, path, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Colour = Literal["main", "other", "third"]

_LABELS: Final = 170
_ROW: Final = 24
_HEADROOM: Final = 1.05


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined by a line."""

    points: Sequence[tuple[float, float]]
    colour: Colour
    dots: bool = False


def lines(frame: Frame, drawn: Sequence[Line], *, diagonal: bool = False) -> Svg:
    """Draw lines in a plane, the first on top; ``diagonal`` is where x equals y."""
    elements = frame.axes()
    if diagonal:
        ends = [frame.at(frame.x.low, frame.x.low), frame.at(frame.x.high, frame.x.high)]
        elements.append(path(ends, "stroke-other dashed"))
    for one in reversed(drawn):
        places = [frame.at(x, y) for x, y in one.points]
        elements.append(path(places, f"stroke-{one.colour}"))
        if one.dots:
            elements += [
                dot(*place, f"fill-{one.colour}", f"{x:.4g}: {y:.4f}")
                for place, (x, y) in zip(places, one.points, strict=True)
            ]
    return Svg(frame.title, frame.width, frame.height, tuple(elements))


def histogram(
    title: str, x_name: str, edges: Sequence[float], counts: Sequence[float], y_name: str = "tweets"
) -> Svg:
    """Draw counts between edges, of which there is one more."""
    frame = Frame(
        title, Axis(x_name, edges[0], edges[-1]), Axis(y_name, 0, max(1e-9, *counts) * _HEADROOM), 380
    )
    elements = frame.axes()
    for low, high, counted in zip(edges, edges[1:], counts, strict=False):
        left, top = frame.at(low, counted)
        right, bottom = frame.at(high, 0)
        told = f"{low:g} to {high:g}: {counted:,.4g}"
        elements.append(bar((left + 0.5, top), (max(0.5, right - left - 1), bottom - top), "fill-main", told))
    return Svg(title, frame.width, frame.height, tuple(elements))


def bars(title: str, counted: Mapping[str, float]) -> Svg:
    """Draw a bar to each count, with its number."""
    width, height = 520, 28 + _ROW * len(counted)
    longest = max(1e-9, *counted.values())
    elements = [text(4, 14, title, style="title")]
    for number, (name, value) in enumerate(counted.items()):
        y, length = 24 + _ROW * number, value / longest * (width - _LABELS - 80)
        elements += [
            text(4, y + 14, name),
            bar((_LABELS, y + 2), (length, _ROW - 8), "fill-main", f"{name}: {value:,.0f}"),
            text(_LABELS + length + 6, y + 14, f"{value:,.0f}"),
        ]
    return Svg(title, width, height, tuple(elements))


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, its 95 % interval, and what the study printed; None where there is none."""

    name: str
    value: float | None
    ci: tuple[float, float] | None
    study: float | None


def intervals(title: str, measured: Sequence[Measured]) -> Svg:
    """Draw a figure to a row: a dot with its interval, and the study's as a thin mark."""
    known = [x for one in measured for x in (one.value, one.study, *(one.ci or ())) if x is not None]
    axis = Axis("", min(known, default=0) - 0.01, max(known, default=1) + 0.01)
    width, height = 640, 48 + _ROW * len(measured)

    def across(value: float) -> float:
        return _LABELS + (value - axis.low) / (axis.high - axis.low) * (width - _LABELS - 16)

    elements = [text(4, 14, title, style="title")]
    for tick in axis.ticks():
        elements += [
            line(across(tick), 24, across(tick), height - 20),
            text(across(tick), height - 6, f"{tick:g}", "middle"),
        ]
    for number, one in enumerate(measured):
        y = 24 + _ROW * (number + 0.5)
        elements.append(text(4, y + 4, one.name))
        if one.study is not None:
            at = across(one.study)
            elements.append(
                bar((at - 1.5, y - 7), (3, 14), "fill-third", f"{one.name}, study: {one.study:.4f}")
            )
        if one.value is None or one.ci is None:
            continue
        elements.append(line(across(one.ci[0]), y, across(one.ci[1]), y, "line stroke-main"))
        elements.append(dot(across(one.value), y, "fill-main", f"{one.name}: {one.value:.4f}", 4))
    return Svg(title, width, height, tuple(elements))
