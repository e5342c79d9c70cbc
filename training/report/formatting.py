"""Figures as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, SupportsFloat

if TYPE_CHECKING:
    from model_registry.package.metrics import Metrics
    from training.report.scores import Difference

NONE: Final = "–"
NOT_RUN: Final = "not run"
AUC: Final = "AUC (95 %)"
ACCURACY: Final = "accuracy (95 %)"
_SMALLEST_P: Final = 1e-4


def format_share(value: float | None) -> str:
    """Format a figure between 0 and 1."""
    return NONE if value is None else f"{value:.4f}"


def format_interval(value: float, bounds: tuple[float, float]) -> str:
    """Format a figure with its 95 % interval."""
    return f"{value:.4f} ({bounds[0]:.4f} to {bounds[1]:.4f})"


def format_metrics(metrics: Metrics | None, missing: str = NOT_RUN) -> dict[str, str]:
    """Return the cells for AUC and accuracy; without metrics both are ``missing``."""
    if metrics is None:
        return {AUC: missing, ACCURACY: missing}
    return {
        AUC: format_interval(metrics.auc, metrics.auc_ci),
        ACCURACY: format_interval(metrics.accuracy, metrics.accuracy_ci),
    }


def format_count(value: SupportsFloat) -> str:
    """Format a number of things."""
    return f"{float(value):,.0f}"


def format_difference(difference: Difference) -> str:
    """Format a difference with its sign, its interval and its p."""
    p = f"p < {_SMALLEST_P}" if difference.p < _SMALLEST_P else f"p = {difference.p:.4f}"
    low, high = difference.ci
    return f"{_signed(difference.value)} ({_signed(low)} to {_signed(high)}), {p}"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
