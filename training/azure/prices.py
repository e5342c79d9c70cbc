"""Azure's prices, from the price list in the study: euros per 1,000 text records within one month.

Today's prices and other currencies differ; the price page of the Azure resource is authoritative.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE: Final = "the list prices in the study of 2021"
RECORD_CHARACTERS: Final = 1_000
"""A text is charged as one record for each 1,000 characters or part of them."""

_TIERS: Final = (
    (500_000, Decimal("0.844")),
    (2_500_000, Decimal("0.633")),
    (10_000_000, Decimal("0.253")),
    (None, Decimal("0.211")),
)
"""Records of a month up to which a price applies, and the price."""


def count_records(texts: Iterable[str]) -> int:
    """Return the number of records that ``texts`` are charged as."""
    return sum(max(1, -(-len(text) // RECORD_CHARACTERS)) for text in texts)


def compute_cost(count: int) -> Decimal:
    """Return the price of a month's first ``count`` records, in euros."""
    euros, below = Decimal(0), 0
    for limit, per_thousand in _TIERS:
        upper = count if limit is None else min(count, limit)
        euros += (upper - below) * per_thousand / 1_000
        below = upper
    return euros
