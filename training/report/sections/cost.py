"""What does a million tweets cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from training.azure.prices import SOURCE, cost
from training.report import words
from training.report.document import Note, Section, Table

if TYPE_CHECKING:
    from training.report.evidence import Evidence

_MILLION: Final = 1_000_000
_BEFORE: Final = 10_000_000
"""Records in a month after which the service's lowest price holds."""


def costs(evidence: Evidence) -> Section:
    """Compare the service's list prices with measured processor time."""
    first = cost(_MILLION)
    later = cost(_BEFORE + _MILLION) - cost(_BEFORE)
    rows = [
        {
            "approach": "Azure, the month's first million",
            "processor time": words.NONE,
            "euros": f"{first:,.2f}",
            **_no_match(),
        },
        {
            "approach": "Azure, beyond ten million",
            "processor time": words.NONE,
            "euros": f"{later:,.2f}",
            **_no_match(),
        },
    ]
    for name, seconds in evidence.pace.items():
        rows.append(
            {
                "approach": name,
                "processor time": f"{seconds / 60:,.1f} min",
                "euros": "as the machine",
                _MATCH: f"{float(later) / (seconds / 3600):,.0f} €",
            }
        )
    rows += [
        {"approach": name, "processor time": _why_not(evidence, name), "euros": words.NONE, **_no_match()}
        for name in evidence.runs
        if name not in evidence.pace
    ]
    return Section(
        "cost",
        "Cost of a million tweets",
        (
            Note(
                f"The service: {SOURCE}. Our models: processor time of cleaning, encoding and scoring, all threads, measured "
                "while this report was written; reading from Kafka and writing come on top. What an hour of a core costs is the "
                "reader's to know; the last column says what it would have to cost for the service to be as cheap, at its "
                "lowest price."
            ),
            Table("A million tweets", pd.DataFrame(rows)),
        ),
    )


_MATCH: Final = "as dear as Azure if a core's hour cost"


def _no_match() -> dict[str, str]:
    return {_MATCH: words.NONE}


def _why_not(evidence: Evidence, name: str) -> str:
    return f"not measured: {evidence.untimed.get(name, 'no worker can score with it')}"
