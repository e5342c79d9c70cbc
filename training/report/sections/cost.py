"""What does scoring a million tweets cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from training.azure.prices import SOURCE, compute_cost
from training.report.document import Paragraph, Section, Table
from training.report.formatting import NONE

if TYPE_CHECKING:
    from training.report.report_data import ReportData

_MILLION: Final = 1_000_000
_LAST_TIER: Final = 10_000_000
"""Records in a month above which Azure's lowest price applies."""


def write_cost(data: ReportData) -> Section:
    """Compare Azure's list prices with measured processor time."""
    first = compute_cost(_MILLION)
    lowest = compute_cost(_LAST_TIER + _MILLION) - compute_cost(_LAST_TIER)
    rows = [
        _row("Azure, the month's first million", euros=f"{first:,.2f}"),
        _row("Azure, beyond ten million", euros=f"{lowest:,.2f}"),
    ]
    rows += [
        _row(
            name,
            time=f"{seconds / 60:,.1f} min",
            euros="as the machine",
            limit=f"{float(lowest) / (seconds / 3600):,.0f} €",
        )
        for name, seconds in data.cpu_seconds.items()
    ]
    rows += [
        _row(name, time=f"not measured: {data.untimed.get(name, 'no registered model')}")
        for name in data.finished
        if name not in data.cpu_seconds
    ]
    return Section(
        "cost",
        "Cost of a million tweets",
        (
            Paragraph(
                f"Azure: {SOURCE}. Models: processor time of all threads for cleaning, encoding and scoring, measured when "
                "this report was written; reading from Kafka and writing the results are not included. The price of a core "
                "hour depends on your machine; the last column is the price at which a model costs as much as Azure at its "
                "lowest price."
            ),
            Table("A million tweets", rows),
        ),
    )


def _row(name: str, time: str = NONE, euros: str = NONE, limit: str = NONE) -> dict[str, str]:
    return {
        "approach": name,
        "processor time": time,
        "euros": euros,
        "price of a core hour that equals Azure's cost": limit,
    }
