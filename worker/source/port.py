"""What a source of records is, to the worker's core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class Record(Protocol):
    """One record as Kafka gives it. What a consumer makes has this shape, so the hot path copies nothing."""

    @property
    def partition(self) -> int:
        """Number of the partition."""

    @property
    def offset(self) -> int:
        """Offset in the partition."""

    @property
    def timestamp(self) -> int:
        """When Kafka took it (``LogAppendTime``), in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None:
        """The key, untouched."""

    @property
    def value(self) -> bytes | None:
        """The value, untouched."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a partition's log holds: offsets from ``start`` up to and not including ``end``, the high watermark."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought.

    ``assigned`` partitions are new to this member. Nothing is delivered from them until :meth:`Source.start_partition` is called.
    ``revoked`` partitions are to be given up; as a rule no other member has them before the next poll. ``lost`` partitions
    already belong to others. ``records`` are in offset order within each partition.
    """

    records: Mapping[int, Sequence[Record]] = field(default_factory=dict)
    assigned: frozenset[int] = frozenset()
    revoked: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()


def refuse_offset_beyond_end(topic: str, partition: int, offset: int, bounds: Bounds) -> None:
    """See to it that the log may hold ``offset``, or held it once.

    :raises DataRefused: if it lies beyond the log's end: chain and topic do not belong together.
    """
    if offset > bounds.end:
        raise DataRefused(
            f"{topic}-{partition}: the Parquet chain ends at {offset}, but the topic at {bounds.end}; the broker "
            "lost records, or this folder belongs to another cluster: use a fresh BADBUZZ_SCORED__URL"
        )


class Source(Protocol):
    """One member of a consumer group on one topic."""

    @property
    def topic(self) -> str:
        """The topic's name."""

    def topic_id(self) -> str:
        """The topic's id, which a topic made anew under the same name does not share.

        :raises Misconfigured: if there is no such topic.
        :raises Retry: if no broker answers.
        """

    def poll(self, timeout_s: float, limit: int) -> Poll:
        """Wait at most ``timeout_s`` for records; take what is there, up to ``limit``. Keeps the membership alive.

        :raises Misconfigured: if the broker refuses us.
        :raises DataRefused: if a partition was started beyond its log's end.
        """

    def partition_count(self) -> int:
        """How many partitions the topic has. Asks no broker once we have partitions."""

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        """What the broker holds of these partitions now.

        :raises Retry: if no broker answers.
        """

    def start_partition(self, partition: int, offset: int) -> None:
        """Deliver from ``offset`` on; does nothing if the partition is no longer ours."""

    def pause(self) -> None:
        """Deliver nothing until :meth:`resume`; polls keep the membership alive."""

    def resume(self) -> None:
        """Deliver again from all partitions that were started."""

    def lags(self) -> Mapping[int, int]:
        """For each partition that is ours and was fetched: how far deliveries are behind the last known high watermark.

        Zero means that nothing waits, also where the last offsets of a log are transaction markers. Asks no broker.
        """

    def fetch_lags(self) -> Mapping[int, int] | None:
        """Ask the broker how many records wait in each partition that the group gave us, started or not.

        None if the group does not count us in, at the moment or yet.

        :raises Retry: if no broker answers.
        """

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Tell the group how far we are. False if the group no longer counts us as a member.

        :raises Retry: if no broker answers.
        """

    def close(self) -> None:
        """Leave the group."""
