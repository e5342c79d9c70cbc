"""SVG elements, and the one style sheet of all charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLE: Final = """
.chart { --ink: #1d2430; --quiet: #5b6472; --line: #d5dae1; --main: #0b62b8; --other: #8a93a0; --third: #b4530b; }
@media (prefers-color-scheme: dark) {
  .chart { --ink: #e8ebf0; --quiet: #a2abb9; --line: #363e4b; --main: #6db3ff; --other: #7e8897; --third: #f2a35e; }
}
.chart { font: 11px system-ui, sans-serif; }
.chart text { fill: var(--quiet); }
.chart .title { fill: var(--ink); font-size: 12px; font-weight: 600; }
.chart .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .stroke-main { stroke: var(--main); } .chart .fill-main { fill: var(--main); }
.chart .stroke-other { stroke: var(--other); } .chart .fill-other { fill: var(--other); }
.chart .stroke-third { stroke: var(--third); } .chart .fill-third { fill: var(--third); }
.chart .dashed { stroke-dasharray: 3 3; }
"""
"""Three colours that differ in lightness too; in the dark their light counterparts."""

_NAMESPACE: Final = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True)
class Svg:
    """A drawing of ``width`` by ``height`` pixels; ``title`` says what it shows to those who do not see it."""

    title: str
    width: int
    height: int
    elements: tuple[ET.Element, ...]

    def inline(self) -> str:
        """Write it to stand in a page that holds the style sheet."""
        return ET.tostring(self._root(), encoding="unicode")

    def standalone(self) -> str:
        """Write it as a file of its own."""
        root = self._root()
        style = ET.Element("style")
        style.text = STYLE
        root.insert(0, style)
        return ET.tostring(root, encoding="unicode") + "\n"

    def _root(self) -> ET.Element:
        root = ET.Element(
            "svg",
            {
                "xmlns": _NAMESPACE,
                "class": "chart",
                "viewBox": f"0 0 {self.width} {self.height}",
                "width": str(self.width),
                "height": str(self.height),
                "role": "img",
                "aria-label": self.title,
            },
        )
        root.extend(self.elements)
        return root


def line(x1: float, y1: float, x2: float, y2: float, style: str = "grid") -> ET.Element:
    """A straight line."""
    return ET.Element("line", {"class": style, **_numbers(x1=x1, y1=y1, x2=x2, y2=y2)})


def path(points: Sequence[tuple[float, float]], style: str) -> ET.Element:
    """A line through points."""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return ET.Element("path", {"class": f"line {style}", "d": f"M{steps}"})


def dot(x: float, y: float, style: str, told: str, radius: float = 3) -> ET.Element:
    """A point that tells its value to whoever hovers over it."""
    return _telling(ET.Element("circle", {"class": style, **_numbers(cx=x, cy=y, r=radius)}), told)


def bar(corner: tuple[float, float], size: tuple[float, float], style: str, told: str) -> ET.Element:
    """A rectangle, from its upper left corner, that tells its value to whoever hovers over it."""
    place = _numbers(x=corner[0], y=corner[1], width=size[0], height=size[1])
    return _telling(ET.Element("rect", {"class": style, **place}), told)


def text(x: float, y: float, words: str, anchor: str = "start", style: str = "") -> ET.Element:
    """Words; ``anchor`` is start, middle or end."""
    element = ET.Element("text", {"text-anchor": anchor, "class": style, **_numbers(x=x, y=y)})
    element.text = words
    return element


def _telling(element: ET.Element, told: str) -> ET.Element:
    ET.SubElement(element, "title").text = told
    return element


def _numbers(**values: float) -> dict[str, str]:
    return {name: f"{value:.1f}" for name, value in values.items()}
