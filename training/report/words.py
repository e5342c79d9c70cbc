"""How figures are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from training.report.paired import Difference

NONE: Final = "–"
NOT_RUN: Final = "not run"
_SMALLEST_P: Final = 1e-4


def share(value: float) -> str:
    """A figure between 0 and 1."""
    return f"{value:.4f}"


def interval(value: float, bounds: tuple[float, float]) -> str:
    """A figure with its 95 % interval."""
    return f"{value:.4f} ({bounds[0]:.4f} to {bounds[1]:.4f})"


def percent(value: float) -> str:
    """A share of a whole."""
    return f"{value:.1%}"


def count(value: float) -> str:
    """A number of things."""
    return f"{value:,.0f}"


def difference(found: Difference) -> str:
    """A difference with its sign, its interval, and how surprising it would be if there were none."""
    p = f"p < {_SMALLEST_P}" if found.p < _SMALLEST_P else f"p = {found.p:.4f}"
    return f"{_signed(found.value)} ({_signed(found.ci[0])} to {_signed(found.ci[1])}), {p}"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
