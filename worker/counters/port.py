"""What a sink of counts is to the worker's core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from badbuzz.contracts.counters import Buckets, CounterUpdate


@dataclass(frozen=True, slots=True)
class Applied:
    """The update is counted, by this call or by an earlier one whose answer was lost."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the update is counted.

    ``current`` is the partition's applied offset, None if nothing is counted. ``owner_changed``: the partition is not
    ours (any more): another sink took it over, or the server lost its memory.
    """

    current: int | None
    owner_changed: bool


Outcome = Applied | Refused


def check_partitions_unique(updates: Sequence[CounterUpdate]) -> None:
    """Check what :meth:`CounterSink.apply` asks of its caller.

    :raises ValueError: if a partition occurs twice.
    """
    partitions = [update.partition for update in updates]
    if len(set(partitions)) < len(partitions):
        raise ValueError(f"a partition may have one update in a call; got {partitions}")


class CounterSink(Protocol):
    """One writer of one topic's counters; each instance is another writer.

    A partition has one owner, its latest takeover, and only that counts for it, from exactly where its applied offset
    stands. Counts beyond the chain's end are *pending*: the next owner undoes them, because those records will be scored
    again, perhaps to other scores.

    Every method may raise ``Retry`` (the server is away, loading, full or read-only; the call may have happened, and may
    be repeated all the same) and ``Misconfigured`` (it refuses us).
    """

    def open(self, topic_id: str, buckets: Buckets, partitions: int) -> None:
        """Write the counters' parameters, or check those that are there. ``partitions``: how many the topic has.

        :raises DataRefused: if the counters belong to another topic of the same name.
        :raises Misconfigured: if they were made with other buckets, or a newer version's counters no longer serve this one.
        """

    def take_over(self, partitions: Collection[int]) -> dict[int, int | None]:
        """Become the owner and undo what is pending, atomically for each partition.

        Returns the applied offset of each: never beyond the chain's end. None where nothing is counted.
        """

    def apply(self, updates: Sequence[CounterUpdate]) -> dict[int, Outcome]:
        """Count a micro-batch in one call: all or nothing for each partition, which may have one update in a call.

        An update is refused if the partition is not ours or its applied offset is not the update's start.

        :raises ValueError: if a partition occurs twice.
        """

    def touch(self, settled: Mapping[int, int], *, caught_up: bool = True) -> frozenset[int]:
        """Say how far each partition's chain is settled and, if ``caught_up``, that Kafka holds nothing that is not counted now.

        Returns the partitions to take over again, for which nothing changes: those that are not ours (any more), and those whose
        counters are behind the chain, because the server came back with an older snapshot.
        """

    def close(self) -> None:
        """Let go of connections. Partitions stay owned until somebody takes them over."""
