"""What the service charges, by the price list that the study gives: euros per 1,000 text records within one month.

Today's list and other currencies differ; the resource's own price page is what counts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE: Final = "the list prices in the study of 2021"
RECORD_CHARACTERS: Final = 1_000
"""A text counts as one record for each thousand characters that it begins."""

_TIERS: Final = (
    (500_000, Decimal("0.844")),
    (2_500_000, Decimal("0.633")),
    (10_000_000, Decimal("0.253")),
    (None, Decimal("0.211")),
)
"""Up to how many records of a month each price holds."""


def records(texts: Iterable[str]) -> int:
    """Count the records that ``texts`` are charged as."""
    return sum(max(1, -(-len(text) // RECORD_CHARACTERS)) for text in texts)


def cost(count: int) -> Decimal:
    """Price ``count`` records, in euros, if they are the month's first."""
    euros, below = Decimal(0), 0
    for limit, per_thousand in _TIERS:
        upper = count if limit is None else min(count, limit)
        euros += (upper - below) * per_thousand / 1_000
        below = upper
    return euros
