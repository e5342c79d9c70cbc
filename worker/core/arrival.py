"""Decides when each record of a partition arrived. A record's timestamp is input: a producer may claim any 64-bit value.

A topic has one of two kinds of timestamps. ``LogAppendTime`` is the broker's clock and is used as it is. ``CreateTime``, Kafka's
default, is the producer's claim. Two facts bound it: records arrive in offset order, and a record beyond a high watermark
arrived after this watermark was seen. The arrival is stored with the row, so that a recount at any later time is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from badbuzz.contracts.scored_row import EARLIEST_MS, LATEST_MS
from worker.source.port import LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from worker.source.port import Record

    Milliseconds = npt.NDArray[np.int64]

AHEAD_MS: Final = 5 * 60 * 1000
"""A timestamp that is further ahead of now is not a time of creation, or is in microseconds."""
CORRECTED_MS: Final = 30_000
"""A timestamp that is further from the arrival counts as corrected."""

_UNKNOWN: Final = -1
_MOST_WATERMARKS: Final = 256


class ArrivedRecords(NamedTuple):
    """When each record arrived, in milliseconds since 1970, and how many timestamps were impossible or off."""

    arrived_ms: Milliseconds
    corrected: int


class ArrivalClock:
    """Decides for the records of one partition, which it is given in offset order.

    ``latest_ms`` is the latest arrival so far; None if there is none. ``kafka_ahead_ms`` is how far the broker's clock is
    ahead of ours, as far as ``LogAppendTime`` shows: 0 while it agrees or nothing is known.
    """

    def __init__(self, latest_ms: int | None = None) -> None:
        self.latest_ms = latest_ms
        self.kafka_ahead_ms = 0
        self._known_ms = _UNKNOWN if latest_ms is None else latest_ms
        self._watermarks: list[int] = []
        self._seen_ms: list[int] = []

    def observe_watermark(self, offset: int, seen_ms: int) -> None:
        """Record that the high watermark was at most ``offset`` at the time ``seen_ms``: later offsets arrived after that."""
        seen_ms = _bound(seen_ms)
        while self._watermarks and (self._watermarks[-1] >= offset or self._seen_ms[-1] > seen_ms):
            self._watermarks.pop()  # the new observation says more, or our clock was set back
            self._seen_ms.pop()
        self._watermarks.append(offset)
        self._seen_ms.append(seen_ms)
        if len(self._watermarks) > _MOST_WATERMARKS:
            del self._watermarks[1::2], self._seen_ms[1::2]

    def decide(self, records: Sequence[Record], now_ms: int) -> ArrivedRecords:
        """Decide when each of these records arrived; at least one, in offset order.

        - ``LogAppendTime``: the timestamp, within ``EARLIEST_MS`` and ``LATEST_MS``.
        - ``CreateTime``: the timestamp, but not before the previous record's arrival, not before the last time at which the
          high watermark was seen to be at most this offset, and not after now. An impossible timestamp counts as absent.
          Without any of these, a record arrived now.
        """
        now_ms = _bound(now_ms)
        count = len(records)
        stamps = _read_timestamps(records)
        by_kafka = (
            np.fromiter((record.timestamp_type for record in records), np.int64, count) == LOG_APPEND_TIME
        )
        bounded = np.clip(stamps, EARLIEST_MS, LATEST_MS)
        is_possible = by_kafka | ((stamps >= EARLIEST_MS) & (stamps <= now_ms + AHEAD_MS))
        not_before = self._find_last_seen(records)
        claims = np.maximum(
            np.where(is_possible, bounded, _UNKNOWN), np.where(by_kafka, _UNKNOWN, not_before)
        )
        claims[0] = max(claims[0], self._known_ms)
        known = np.minimum(np.maximum.accumulate(claims), now_ms)
        arrived = np.where(by_kafka, bounded, np.where(known == _UNKNOWN, now_ms, known))
        self._known_ms = int(known[-1])
        self.latest_ms = max(int(arrived.max()), self.latest_ms or 0)
        self._compare_kafkas_clock(bounded[by_kafka], not_before[by_kafka], now_ms)
        is_off = ~is_possible | (np.abs(arrived - bounded) > CORRECTED_MS)
        return ArrivedRecords(arrived, int(np.count_nonzero(is_off & ~by_kafka)))

    def _find_last_seen(self, records: Sequence[Record]) -> Milliseconds:
        """Return, for each record, when the high watermark was last seen to be at most its offset."""
        if not self._watermarks:
            return np.full(len(records), _UNKNOWN, np.int64)
        offsets = np.fromiter((record.offset for record in records), np.int64, len(records))
        places = np.searchsorted(self._watermarks, offsets, side="right")
        passed = int(places[-1]) - 1  # later records are beyond this one as well
        found = np.array([_UNKNOWN, *self._seen_ms], np.int64)[places]
        if passed > 0:
            del self._watermarks[:passed], self._seen_ms[:passed]
        return found

    def _compare_kafkas_clock(self, stamps: Milliseconds, not_before: Milliseconds, now_ms: int) -> None:
        """Compare the last ``LogAppendTime`` with the period in which its record arrived, by our clock."""
        if not len(stamps):
            return
        stamp, earliest = int(stamps[-1]), int(not_before[-1])
        if earliest != _UNKNOWN or stamp > now_ms:
            self.kafka_ahead_ms = stamp - min(max(stamp, earliest), now_ms)


def _bound(moment_ms: int) -> int:
    return min(max(moment_ms, EARLIEST_MS), LATEST_MS)


def _read_timestamps(records: Sequence[Record]) -> Milliseconds:
    try:
        return np.fromiter((record.timestamp for record in records), np.int64, len(records))
    except OverflowError:  # a batch's base and a record's difference may add up to more than 64 bits
        return np.array([min(max(record.timestamp, _UNKNOWN), LATEST_MS * 2) for record in records], np.int64)
