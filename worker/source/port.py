"""The port of a source of records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class Record(Protocol):
    """One Kafka record. The consumer's own record objects have these attributes, so the hot path copies nothing."""

    @property
    def partition(self) -> int:
        """The partition's number."""

    @property
    def offset(self) -> int:
        """The offset in the partition."""

    @property
    def timestamp(self) -> int:
        """When Kafka appended it (``LogAppendTime``), in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None:
        """The key's bytes."""

    @property
    def value(self) -> bytes | None:
        """The value's bytes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The offsets that a partition's log holds: ``[start, end)``, where ``end`` is the high watermark."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Poll:
    """The result of one poll.

    ``assigned`` partitions are new to this member. Nothing is delivered from them until :meth:`Source.start_partition` is called.
    ``revoked`` partitions are to be given up; as a rule no other member has them before the next poll. ``lost`` partitions
    already belong to others. ``records`` are in offset order within each partition.
    """

    records: Mapping[int, Sequence[Record]] = field(default_factory=dict)
    assigned: frozenset[int] = frozenset()
    revoked: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()


def refuse_offset_beyond_end(topic: str, partition: int, offset: int, bounds: Bounds) -> None:
    """Check that the log holds ``offset`` or once held it.

    :raises DataRefused: if it is beyond the log's end, so that chain and topic do not belong together.
    """
    if offset > bounds.end:
        raise DataRefused(
            f"{topic}-{partition}: the Parquet chain ends at offset {offset}, but the topic ends at offset {bounds.end}. The "
            "broker lost records, or this folder belongs to another cluster. Set BADBUZZ_SCORED__URL to a new folder"
        )


class Source(Protocol):
    """One member of a consumer group on one topic."""

    @property
    def topic(self) -> str:
        """The topic's name."""

    def poll(self, timeout_s: float, limit: int) -> Poll:
        """Wait at most ``timeout_s`` for records, and return at most ``limit``. Keeps the group membership alive.

        :raises Misconfigured: if the broker refuses us.
        :raises DataRefused: if a partition was started beyond its log's end.
        """

    def count_partitions(self) -> int:
        """Return the number of partitions of the topic. Needs no request once we have partitions."""

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        """Fetch the current bounds of these partitions' logs.

        :raises Retry: if no broker answers.
        """

    def start_partition(self, partition: int, offset: int) -> None:
        """Deliver records from ``offset`` on. Does nothing if the partition is no longer ours."""

    def pause(self) -> None:
        """Deliver nothing until :meth:`resume`. Polls still keep the membership alive."""

    def resume(self) -> None:
        """Deliver again from all started partitions."""

    def compute_lags(self) -> Mapping[int, int]:
        """Return, for each of our partitions that was fetched, how far deliveries are behind its last known high watermark.

        The lag is zero at the end of a log, also if its last offsets are transaction markers. Makes no request.
        """

    def fetch_lags(self) -> Mapping[int, int] | None:
        """Fetch the lag of each partition that the group gave us, started or not.

        Return None while we are not a member of the group.

        :raises Retry: if no broker answers.
        """

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Commit offsets. Return False if we are no longer a member of the group.

        :raises Retry: if no broker answers.
        """

    def close(self) -> None:
        """Leave the group."""
