"""The chain on an object store: a local folder, S3, Google Cloud Storage, Azure, or memory."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from badbuzz.clients.storage import create_object, storage_errors
from badbuzz.contracts.scored_row import Totals, build_file_path
from badbuzz.errors import DataRefused
from worker.chain.catch_up import read_from_offset, read_recent
from worker.chain.chain_file import ChainFile
from worker.chain.chain_files import ChainFiles, FilesMerged
from worker.chain.file_format.parquet import encode_segment
from worker.chain.internal.agreed_day import agree_day
from worker.chain.internal.origin import Origin, build_origin_path, claim_origin, read_origin
from worker.chain.internal.topic_record import TopicRecord, build_topic_record_path, claim_topic_record
from worker.chain.port import ChainEnd

if TYPE_CHECKING:
    from collections.abc import Collection

    from badbuzz.clients.scored_store import ScoredStore
    from worker.chain.port import CatchUp, Segment


_END_EXPIRES_S = 300.0
"""A chain's end that was read longer ago is read again. A worker that was frozen past the end of a day and its compaction
would otherwise take the names of merged files for free ones."""


@dataclass(frozen=True, slots=True)
class _KnownEnd:
    """What determines the next file's name: the offset where the chain ends, and its last file's day.

    ``published`` is the last file if this worker published it.
    """

    end_offset: int
    day: date = date.min
    published: ChainFile | None = None
    read_at: float = field(default_factory=time.monotonic)

    @property
    def is_origin(self) -> bool:
        """Whether the chain has no file yet."""
        return self.day == date.min

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.read_at > _END_EXPIRES_S


class StoredChain:
    """The chains of ``topic``, whose id is ``topic_id``, in a store: a :class:`worker.chain.port.Chain`."""

    def __init__(self, store: ScoredStore, topic: str, topic_id: str) -> None:
        self._store = store
        self._topic = topic
        self._topic_id = topic_id
        self._writer = uuid.uuid4().hex
        self._files = ChainFiles(store.rows, topic)
        self._known_ends: dict[int, _KnownEnd] = {}

    def find_ends(self, partitions: Collection[int]) -> dict[int, ChainEnd | None]:
        """Find the current end of each partition's chain; None if its origin has not been claimed."""
        last = self._files.find_last(partitions)
        return {partition: self._find_end(partition, last.get(partition)) for partition in partitions}

    def claim_origin(self, partition: int, start_offset: int) -> int:
        """Fix where the partition's chain begins, unless that is already fixed. Return the stored origin."""
        ours = Origin(
            topic=self._topic, topic_id=self._topic_id, partition=partition, start_offset=start_offset
        )
        origin = claim_origin(self._store, ours)
        self._check_topic(origin.topic_id, build_origin_path(self._topic, partition))
        if origin == ours:
            self._known_ends[partition] = _KnownEnd(start_offset)
        return origin.start_offset

    def record_partitions(self, partitions: int) -> int:
        """Record how many partitions the topic has, unless that is recorded. Return the recorded number."""
        ours = TopicRecord(topic=self._topic, topic_id=self._topic_id, partitions=partitions)
        record = claim_topic_record(self._store, ours)
        self._check_topic(record.topic_id, build_topic_record_path(self._topic))
        return record.partitions

    def publish(self, segment: Segment) -> bool:
        """Append a segment. False if another worker was first; True also if an earlier attempt succeeded."""
        known_end = self._find_known_end(segment)
        if segment.first_offset < known_end.end_offset:
            return False
        if segment.first_offset > known_end.end_offset:
            raise DataRefused(
                f"{self._topic}-{segment.partition}: the chain ends at {known_end.end_offset}, a segment at offset "
                f"{segment.first_offset} would leave a hole; this is a bug of Bad Buzz, nothing was written"
            )
        if known_end.is_origin:
            # Raises if a worker of an older version has claimed another origin meanwhile.
            read_origin(self._store, self._topic, segment.partition)
        self._check_not_replaced(known_end.published)
        day = agree_day(self._store.internal, segment, known_end.day)
        path = build_file_path(self._topic, segment.partition, segment.first_offset, day)
        content = encode_segment(segment, self._topic_id, self._writer)
        if not create_object(self._store.rows, path, content) and not self._holds(path, content):
            del self._known_ends[segment.partition]
            return False
        file = ChainFile(segment.partition, segment.first_offset, day, path, len(content))
        self._known_ends[segment.partition] = _KnownEnd(segment.end_offset, day, file)
        return True

    def read_since(self, partition: int, offset: int | None, not_before_ms: int) -> CatchUp:
        """Read the chain from ``offset`` on, or from the first file with events of ``not_before_ms`` or later."""
        origin = read_origin(self._store, self._topic, partition)
        if origin is None:
            raise DataRefused(_describe_unclaimed(self._topic, partition))
        if offset is None:
            return read_recent(self._files, origin, not_before_ms)
        return read_from_offset(self._files, origin, offset)

    def _find_end(self, partition: int, last: ChainFile | None) -> ChainEnd | None:
        path = build_origin_path(self._topic, partition)
        # The origin is read after the listing: a file that was listed cannot be older than its origin.
        origin = read_origin(self._store, self._topic, partition)
        if origin is None and last is not None:
            raise DataRefused(
                f"internal file {path}: missing, though {last.path} is there; compare BADBUZZ_SCORED__CHAIN_URL with that of "
                "the other workers, or restore the file from a backup"
            )
        if origin is None:
            return None
        self._check_topic(origin.topic_id, path)
        if last is None:
            self._known_ends[partition] = _KnownEnd(origin.start_offset)
            return ChainEnd(origin.start_offset, Totals(), origin.topic_id)
        metadata = self._files.read_metadata(last)
        footer = self._files.read_footer(last, metadata)
        self._check_topic(footer.topic_id, last.path)
        self._known_ends[partition] = _KnownEnd(footer.end_offset, last.day)
        return ChainEnd(
            footer.end_offset,
            footer.totals,
            footer.topic_id,
            footer.end_leader_epoch,
            footer.latest_arrival_ms,
            last_rows=metadata.num_rows,
            last_rejected=sum(r.end - r.start for r in footer.rejected),
        )

    def _check_not_replaced(self, published: ChainFile | None) -> None:
        """Check that an object store still has the last file as this worker published it.

        The probe at the start cannot find a server that honours create-if-absent most of the time.
        """
        if published is None or self._store.root:
            return
        try:
            writer = self._files.read_footer(published).writer
        except FilesMerged:
            return
        if writer != self._writer:
            raise DataRefused(
                f"{published.path}: replaced by another worker after this one published it, so rows may be lost: the "
                "storage does not always honour create-if-absent. Stop all workers, see `badbuzz verify`, and use another server"
            )

    def _check_topic(self, found: str, path: str) -> None:
        if found != self._topic_id:
            raise DataRefused(
                f"{path}: written from topic {self._topic!r} with id {found}; the topic of that name now has "
                f"id {self._topic_id}: it was deleted and created again. Leave the old rows where they are and "
                "choose another folder (BADBUZZ_SCORED__URL), or move them away"
            )

    def _find_known_end(self, segment: Segment) -> _KnownEnd:
        # Another worker may have read the records that are a gap here, and so know another first record and day.
        begins_with_gap = any(gap.start == segment.first_offset for gap in segment.gaps)
        known_end = self._known_ends.get(segment.partition)
        if begins_with_gap or known_end is None or known_end.is_old:
            self.find_ends([segment.partition])
            known_end = self._known_ends.get(segment.partition)
        if known_end is None:
            raise DataRefused(_describe_unclaimed(self._topic, segment.partition))
        return known_end

    def _holds(self, path: str, content: bytes) -> bool:
        with storage_errors(f"reading {path}"):
            found = self._store.rows.get(path)
            return found.meta["size"] == len(content) and bytes(found.bytes()) == content


def _describe_unclaimed(topic: str, partition: int) -> str:
    return f"{topic}-{partition}: the origin of its chain has not been claimed; this is a bug of Bad Buzz"
