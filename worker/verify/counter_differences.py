"""Compares counters with tallies of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from badbuzz.contracts.counters import Tally
from worker.counters.tally import tally_rows
from worker.verify.counter_bounds import is_tally_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from badbuzz.contracts.counters import Buckets
    from worker.verify.counter_bounds import CounterBounds

    Tallies = Mapping[tuple[str, int], Tally]


@dataclass(frozen=True, slots=True)
class CounterDifference:
    """A brand's bucket in which the counters and the rows differ."""

    brand: str
    bucket: int
    counted: Tally
    rows: Tally

    def __str__(self) -> str:
        """Return a message for the operator."""
        start = datetime.fromtimestamp(self.bucket, tz=UTC).isoformat()
        return (
            f"counters of {self.brand!r} in the bucket of {start}: {self.counted}, the rows say {self.rows}"
        )


def find_differences(bounds: CounterBounds, counted: Tallies, *, from_bucket: int) -> list[CounterDifference]:
    """Compare all buckets from ``from_bucket`` on, oldest first. A bucket that one side lacks counts as empty."""
    live = sorted(
        {key for key in (*bounds.most, *counted) if key[1] >= from_bucket}, key=lambda key: (key[1], key[0])
    )
    return [
        CounterDifference(*key, counted.get(key, Tally()), bounds.most.get(key, Tally()))
        for key in live
        if not is_tally_within(bounds, key, counted.get(key, Tally()))
    ]


def find_first_row(table: pa.Table, brand: str, bucket: int, buckets: Buckets) -> int | None:
    """Find the offset of the first row that counts for ``brand`` in ``bucket``, by halving the table."""
    without, found = 0, table.num_rows
    if (brand, bucket) not in tally_rows(table, buckets)[0]:
        return None
    while found - without > 1:
        middle = (without + found) // 2
        if (brand, bucket) in tally_rows(table.slice(without, middle - without), buckets)[0]:
            found = middle
        else:
            without = middle
    return int(table["offset"][without].as_py())
