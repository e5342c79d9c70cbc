"""Makes segments of invented tweets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from badbuzz.contracts.scored_row import NEGATIVE, POSITIVE, SCHEMA, Totals
from worker.chain.port import RecordTime, Segment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from badbuzz.contracts.scored_row import Gap, OffsetRange

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TOPIC = "tweets"
TOPIC_ID = "first-life"


def to_milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def make_rows(  # noqa: PLR0913 - each test sets another one
    offsets: Iterable[int],
    *,
    partition: int = 0,
    topic: str = TOPIC,
    at: datetime = NOON,
    brands: Sequence[str] = ("albatros air",),
    dates: Sequence[datetime | None] | None = None,
    unread: Collection[int] = (),
) -> pa.Table:
    """One row per offset, one second apart from ``at`` on, or with the given dates. Every third row is negative.

    The rows at the offsets ``unread`` have no score and no label.
    """
    return pa.Table.from_pylist(
        [
            {
                "id": f"{partition}:{offset}",
                "text": f"flight {offset} and not a word from the crew",
                "created_at": dates[index] if dates else at + timedelta(seconds=index),
                "brands": list(brands),
                "score": None if offset in unread else 0.125 if offset % 3 == 0 else 0.875,
                "label": None if offset in unread else NEGATIVE if offset % 3 == 0 else POSITIVE,
                "model": "tiny:1",
                "appended_at": at + timedelta(seconds=index),
                "scored_at": at + timedelta(seconds=index + 1),
                "topic": topic,
                "partition": partition,
                "offset": offset,
            }
            for index, offset in enumerate(offsets)
        ],
        schema=SCHEMA,
    )


def make_segment(  # noqa: PLR0913 - each test sets another one
    first: int,
    end: int,
    *,
    partition: int = 0,
    topic: str = TOPIC,
    at: datetime = NOON,
    rejected: Sequence[OffsetRange] = (),
    gaps: Sequence[Gap] = (),
    before: Totals | None = None,
    unread: Collection[int] = (),
) -> Segment:
    """A valid segment. ``before`` are the totals of the chain before it."""
    others = {offset for r in (*rejected, *gaps) for offset in range(r.start, r.end)}
    offsets = [offset for offset in range(first, end) if offset not in others]
    own = Totals(
        rows=len(offsets),
        negative=sum(offset % 3 == 0 and offset not in unread for offset in offsets),
        rejected=sum(r.end - r.start for r in rejected),
        unread=len(unread),
    )
    return Segment(
        topic=topic,
        partition=partition,
        first_offset=first,
        end_offset=end,
        first=RecordTime(to_milliseconds(at), to_milliseconds(at), is_kafkas=True),
        latest_arrival_ms=to_milliseconds(at) + 1_000 * max(len(offsets) - 1, 0),
        table=make_rows(offsets, partition=partition, topic=topic, at=at, unread=unread),
        rejected=tuple(rejected),
        gaps=tuple(gaps),
        totals=(before or Totals()) + own,
    )
