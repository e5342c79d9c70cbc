"""The counters as the worker's core uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from badbuzz.contracts.counters import Buckets, CounterUpdate


@dataclass(frozen=True, slots=True)
class Applied:
    """The update is counted, by this call or by an earlier call whose reply was lost."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the update is counted.

    ``current`` is the partition's applied offset; None if nothing is counted. ``owner_changed``: this sink does not own
    the partition, because another sink took it over, the server lost its data, or it never took it over.
    """

    current: int | None
    owner_changed: bool


Outcome = Applied | Refused


def check_partitions_unique(updates: Sequence[CounterUpdate]) -> None:
    """Check that no partition has two updates, as :meth:`CounterSink.apply` requires.

    :raises ValueError: if a partition occurs twice.
    """
    partitions = [update.partition for update in updates]
    if len(set(partitions)) < len(partitions):
        raise ValueError(f"a partition may have one update in a call; got {partitions}")


class CounterSink(Protocol):
    """One writer of one topic's counters. Each instance is a separate writer.

    A partition has one owner: its latest takeover. Only the owner counts for it, starting exactly at its applied offset.
    Counts beyond the chain's end are *pending*. The next owner undoes them, because those records are scored again,
    perhaps with other scores.

    Every method may raise ``Retry`` (the server is unavailable, loading, full or read-only; the call may have taken effect,
    and can be repeated in any case) and ``Misconfigured`` (the server refuses access).
    """

    def open(self, topic_id: str, buckets: Buckets, partitions: int) -> None:
        """Write the counters' parameters, or check the existing ones. ``partitions`` is the topic's number of partitions.

        :raises DataRefused: if the counters belong to an earlier topic of the same name.
        :raises Misconfigured: if they were created with other buckets, or by a newer version that does not support this one.
        """

    def expect_partitions(self, partitions: int) -> None:
        """Raise the topic's number of partitions: readers see counters as stale until each of them is counted.

        :raises DataRefused: as :meth:`open`; also :class:`Misconfigured`.
        """

    def take_over(self, partitions: Collection[int]) -> dict[int, int | None]:
        """Become the owner and undo pending counts, atomically for each partition.

        Return the applied offset of each partition, which is never beyond the chain's end; None if nothing is counted.
        """

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        """Count a micro-batch, all or nothing for each partition. A partition may have one update in a call.

        An update is refused if this sink does not own the partition, or if its applied offset is not the update's start.

        :raises ValueError: if a partition occurs twice.
        """

    def touch(self, settled: Mapping[int, int], *, caught_up: bool = True) -> frozenset[int]:
        """Report how far each partition's chain is settled and, if ``caught_up``, that all records in Kafka are counted.

        Return the partitions that must be taken over again, for which nothing changes: those that this sink does not own,
        and those whose counters are behind the chain because the server was restored from an older snapshot.
        """

    def fetch_clock_ms(self) -> int:
        """Fetch the server's time, by which buckets expire, in milliseconds since 1970."""

    def close(self) -> None:
        """Close connections. Partitions stay owned until another sink takes them over."""
