"""Numbers as people read them, and tables in Markdown."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MANY = 1_000
_SIGNIFICANT = 3


def number(value: float) -> str:
    """Three digits that mean something; thousands apart; what is whole stays whole."""
    if value == round(value) and abs(value) < _MANY:
        return str(round(value))
    digits = _SIGNIFICANT - 1 - floor(log10(abs(value)))
    if abs(value) >= _MANY:
        return f"{round(value, digits):,.0f}"
    return f"{value:.{max(0, digits)}f}"


def figure(value: Mapping[str, Any]) -> str:
    """A median, with the least and the largest if there were several."""
    middle = number(value["median"])
    if value["n"] == 1 or number(value["low"]) == number(value["high"]):
        return middle
    return f"{middle} ({number(value['low'])} to {number(value['high'])})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are right-aligned."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
