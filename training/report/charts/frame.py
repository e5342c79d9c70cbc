"""Where a chart's values lie on it, and its axes."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Final

import numpy as np

from training.report.charts.svg import line, text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LEFT: Final = 42
_RIGHT: Final = 12
_TOP: Final = 26
_BOTTOM: Final = 36
_TICKS: Final = 4
_NICE: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Axis:
    """What is along an axis: its name, and from where to where."""

    name: str
    low: float
    high: float

    def ticks(self) -> list[float]:
        """Round values along it."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** floor(log10(rough))
        step = power * min(_NICE, key=lambda nice: abs(nice - rough / power))
        first = np.ceil(round(self.low / step, 6)) * step
        return [round(float(at), 9) for at in np.arange(first, self.high + step / 1e6, step)]


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's plane: a title above, ``x`` to the right and ``y`` upwards."""

    title: str
    x: Axis
    y: Axis
    width: int = 280
    height: int = 210

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where values are on the drawing, in pixels from its upper left corner."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return (
            _LEFT + across * (self.width - _LEFT - _RIGHT),
            self.height - _BOTTOM - up * (self.height - _TOP - _BOTTOM),
        )

    def axes(self) -> list[Element]:
        """Title, grid, ticks and names."""
        bottom = self.height - _BOTTOM
        elements = [text(4, 14, self.title, style="title")]
        for tick in self.y.ticks():
            _, y = self.at(self.x.low, tick)
            elements += [
                line(_LEFT, y, self.width - _RIGHT, y),
                text(_LEFT - 5, y + 4, f"{tick:,.6g}", "end"),
            ]
        for tick in self.x.ticks():
            x, _ = self.at(tick, self.y.low)
            elements += [line(x, bottom, x, bottom + 4), text(x, bottom + 16, f"{tick:,.6g}", "middle")]
        names = [
            text(self.width - _RIGHT, self.height - 4, self.x.name, "end"),
            text(4, self.height - 4, f"↑ {self.y.name}"),
        ]
        return elements + names
