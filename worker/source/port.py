"""The port of a source of records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from badbuzz.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


CREATE_TIME: Final = 0
LOG_APPEND_TIME: Final = 1
"""Who set a record's timestamp: its producer, or the broker when it appended the record. The codes are Kafka's."""


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
        """A time in milliseconds since 1970: any 64-bit value, as a producer may claim what it likes."""

    @property
    def timestamp_type(self) -> int:
        """:data:`CREATE_TIME` or :data:`LOG_APPEND_TIME`."""

    @property
    def leader_epoch(self) -> int | None:
        """The epoch of the leader that appended it; None in formats before 2017. It rises with each election."""

    @property
    def key(self) -> bytes | None:
        """The key's bytes."""

    @property
    def value(self) -> bytes | None:
        """The value's bytes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The offsets that a partition's log holds: ``[start, high_watermark)``. Records are delivered up to ``end``.

    ``end`` is the last stable offset, which an open transaction holds back, or, if uncommitted records are read, the high
    watermark.
    """

    start: int
    end: int
    high_watermark: int


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far one partition is read: the next offset, its distance from the log's end, and the log's high watermark.

    ``position`` may be beyond the last record that was delivered: aborted records and markers are passed without one.
    """

    position: int
    lag: int
    high_watermark: int


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
    if offset > bounds.high_watermark:
        raise DataRefused(
            f"{topic}-{partition}: the Parquet chain ends at offset {offset}, but the topic ends at offset "
            f"{bounds.high_watermark}. The broker lost records, or this folder belongs to another cluster. {_REMEDY}"
        )


def refuse_rewritten_log(topic: str, partition: int, chain_end: int, common_end: int | None) -> None:
    """Check that the log still holds the records of the chain.

    :param common_end: the offset from which on the log has other records; None if it is unknown.
    :raises DataRefused: if that is before ``chain_end``.
    """
    if common_end is not None and common_end >= chain_end:
        return
    differs = (
        "has another history (unknown leader epoch)"
        if common_end is None
        else f"differs from offset {common_end} on"
    )
    raise DataRefused(
        f"{topic}-{partition}: the Parquet chain ends at offset {chain_end}, but the topic's log {differs}: Kafka replaced "
        f"records that are in Parquet (an unclean leader election, or a restored broker). {_REMEDY}"
    )


def refuse_other_topic(topic: str, expected_id: str, found_id: str) -> None:
    """Check that the topic is the one that the worker began with.

    :raises DataRefused: if it has another id.
    """
    if found_id != expected_id:
        raise DataRefused(
            f"topic {topic!r} was deleted and made again: its id was {expected_id} and is now {found_id}. {_REMEDY}"
        )


_REMEDY = (
    "Keep the old rows where they are, set BADBUZZ_SCORED__URL to a new folder, and delete the topic's counters in Redis and the "
    "group's offsets in Kafka"
)


class Source(Protocol):
    """One member of a consumer group on one topic."""

    @property
    def topic(self) -> str:
        """The topic's name."""

    def poll(self, timeout_s: float, limit: int) -> Poll:
        """Wait at most ``timeout_s`` for records, and return at most ``limit``. Keeps the group membership alive.

        :raises Misconfigured: if the broker refuses us.
        :raises DataRefused: if the topic was deleted and made again, if a partition was started beyond its log's end, or if the
            log no longer holds the records before the offset at which the partition was started.
        """

    def count_partitions(self) -> int:
        """Return the number of partitions of the topic, also of those that no member has yet. Needs no request."""

    def fetch_bounds(self, partitions: Collection[int]) -> Mapping[int, Bounds]:
        """Fetch the current bounds of these partitions' logs.

        :raises Retry: if no broker answers.
        """

    def start_partition(self, partition: int, offset: int, leader_epoch: int | None = None) -> None:
        """Deliver records from ``offset`` on. Does nothing if the partition is no longer ours.

        :param leader_epoch: of the record before ``offset``. If Kafka has replaced that record, the next polls report the
            partition as lost and assigned, or raise ``DataRefused``.
        """

    def pause(self) -> None:
        """Deliver nothing until :meth:`resume`. Polls still keep the membership alive."""

    def resume(self) -> None:
        """Deliver again from all started partitions."""

    def compute_lags(self) -> Mapping[int, int]:
        """Return, for each of our partitions that was fetched, how far deliveries are behind its last known end.

        The lag is zero at the end of a log, also if its last offsets are transaction markers. Records of open transactions are
        beyond the end. Makes no request.
        """

    def compute_held_back(self) -> Mapping[int, range]:
        """Return, for each of our partitions that was fetched, the offsets that an open transaction holds back.

        They lie between the log's end and its high watermark; an empty range means that there are none. Makes no request.
        """

    def fetch_progress(self) -> Mapping[int, ReadProgress] | None:
        """Fetch the progress in each partition that the group gave us, started or not.

        Return None while we are not a member of the group.

        :raises Retry: if no broker answers.
        """

    def fetch_group_lag(self) -> int:
        """Fetch how many offsets the group has not committed, in all partitions, also in those that no member has begun.

        :raises Retry: if no broker answers.
        """

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Commit offsets. Return False if we are no longer a member of the group.

        :raises Retry: if no broker answers.
        """

    def close(self) -> None:
        """Leave the group."""
