"""Formats numbers and Markdown tables."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MANY = 1_000
_SIGNIFICANT = 3


def format_number(value: float) -> str:
    """Return a number with three significant digits and separated thousands. Small integers stay integers."""
    if value == round(value) and abs(value) < _MANY:
        return str(round(value))
    digits = _SIGNIFICANT - 1 - floor(log10(abs(value)))
    if abs(value) >= _MANY:
        return f"{round(value, digits):,.0f}"
    return f"{value:.{max(0, digits)}f}"


def format_figure(value: Mapping[str, Any]) -> str:
    """Return a median, with the range if there are several values."""
    middle = format_number(value["median"])
    if value["n"] == 1 or format_number(value["low"]) == format_number(value["high"]):
        return middle
    return f"{middle} ({format_number(value['low'])} to {format_number(value['high'])})"


def make_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. All columns but the first are right-aligned."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
