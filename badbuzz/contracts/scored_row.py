"""Contract 2: the scored row in Parquet.

``<root>/dt=YYYY-MM-DD/<topic>-<partition>-<first offset, 20 digits>.parquet``. The files of one partition form a chain: a
file's name has its first offset, its footer (:class:`Footer`) its end, and the next file begins there. ``dt`` is the UTC
day on which the file's first record arrived, or the previous file's day if that is later
(:mod:`worker.chain.internal.agreed_day`). So all workers give the file the same name, and a
partition's last file is always in its latest day.

``badbuzz compact`` merges files of one day into ``…/<topic>-<partition>-<first offset>_<end offset>.parquet``. Such a file
*covers* its range of offsets: plain files that begin inside it are void. They were merged into it and are not yet deleted,
or a worker that was frozen during the compaction published them.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from badbuzz.errors import DataRefused, describe_validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA_VERSION: Final = 2
"""The version of the columns and of the footer. Files of all earlier versions are readable."""

FOOTER_KEY: Final = b"badbuzz"
FOOTER_CHECKSUM_KEY: Final = b"badbuzz_crc32"
NEGATIVE: Final = "NEGATIVE"
POSITIVE: Final = "POSITIVE"

EARLIEST_MS: Final = int(datetime(2006, 3, 21, tzinfo=UTC).timestamp()) * 1000
"""No record arrives before the day of the first tweet. An earlier timestamp is absent, or is in seconds."""
LATEST_MS: Final = int(datetime(2262, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""Readers that count nanoseconds since 1970 in 64 bits, such as pandas, end in April 2262."""

SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("created_at", pa.timestamp("us", tz="UTC")),
        pa.field("author", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("source", pa.string()),
        pa.field("brands", pa.list_(pa.string()), nullable=False),
        pa.field(
            "score", pa.float32()
        ),  # probability of positive; null if the model could read nothing of the text
        pa.field("label", pa.string()),  # NEGATIVE or POSITIVE; null exactly where the score is
        pa.field("expected_label", pa.string()),  # the label in a labelled replay
        pa.field("model", pa.string(), nullable=False),  # name:version
        pa.field("appended_at", pa.timestamp("ms", tz="UTC"), nullable=False),  # when the record arrived
        pa.field("scored_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("kind", pa.string()),  # post, reply, retweet, quote, edit, ...; null if unknown
        pa.field("original_id", pa.string()),  # id of the post that this one repeats, quotes or edits
    ]
)
"""A new column goes to the end, and into :data:`_ADDED`."""

_ADDED: Final = {"kind": 2, "original_id": 2}
"""The schema version that added a column. Rows of older files have null there."""


class _ContractModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class OffsetRange(_ContractModel):
    """Offsets from ``start`` up to ``end``, excluding ``end``."""

    start: int
    end: int

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not 0 <= self.start < self.end:
            raise ValueError(f"an offset range must hold an offset; got [{self.start}, {self.end})")
        return self


class Gap(OffsetRange):
    """Offsets without a record for the worker, and the reason.

    ``retention``: Kafka deleted the records before they were scored. ``absent``: Kafka has none, as with transaction
    markers and with aborted and compacted records. ``tombstone``: records without a value, which delete a key from a
    compacted topic.
    """

    reason: Literal["retention", "absent", "tombstone"]


class Totals(_ContractModel):
    """The counts of a partition's chain from its origin up to and including one file.

    ``rows`` are all rows; ``unread`` of them have no score and no label.
    """

    rows: int = 0
    negative: int = 0
    rejected: int = 0
    late: int = 0
    early: int = 0
    unread: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            rows=self.rows + other.rows,
            negative=self.negative + other.negative,
            rejected=self.rejected + other.rejected,
            late=self.late + other.late,
            early=self.early + other.early,
            unread=self.unread + other.unread,
        )


class _Versioned(_ContractModel):
    schema_version: int = SCHEMA_VERSION


class Footer(_Versioned):
    """The metadata of a file. Each of its offsets, excluding the end, is a row, rejected, or in a gap.

    ``latest_arrival_ms`` is the latest ``appended_at`` in the chain since it has schema version 2, up to and including this
    file. ``writer`` names the process, so that it recognises a file that it wrote although the storage reported an error.
    ``end_leader_epoch`` is Kafka's leader epoch of the record batch with the file's last record; None if it is unknown.
    """

    software: str
    writer: str
    topic: str
    topic_id: str
    partition: int
    first_offset: int
    end_offset: int
    rejected: tuple[OffsetRange, ...] = ()
    gaps: tuple[Gap, ...] = ()
    totals: Totals
    end_leader_epoch: int | None = None
    latest_arrival_ms: int | None = None

    def to_metadata(self) -> dict[bytes, bytes]:
        """Return the key-value metadata for the Parquet footer."""
        value = self.model_dump_json().encode()
        return {FOOTER_KEY: value, FOOTER_CHECKSUM_KEY: _compute_checksum(value)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[bytes, bytes] | None, *, file: str) -> Footer:
        """Read the footer from a Parquet file's key-value metadata.

        :raises DataRefused: if ``file`` was not written by Bad Buzz, or by a version whose schema this one
            cannot read.
        """
        value = (metadata or {}).get(FOOTER_KEY)
        if value is None:
            raise DataRefused(f"{file}: no Bad Buzz footer; move files of other origin out of this folder")
        checksum = (metadata or {}).get(FOOTER_CHECKSUM_KEY)  # older versions wrote none
        if checksum not in {None, _compute_checksum(value)}:
            raise DataRefused(f"{file}: its footer does not match its checksum; restore it from a backup")
        try:
            version = _Versioned.model_validate_json(value).schema_version
            if version <= SCHEMA_VERSION:
                return cls.model_validate_json(value)
        except ValidationError as error:
            raise DataRefused(
                f"{file}: its footer is unreadable: {describe_validation_error(error)}"
            ) from None
        raise DataRefused(
            f"{file}: schema version {version}, this software reads up to {SCHEMA_VERSION}; upgrade it"
        )


def _compute_checksum(value: bytes) -> bytes:
    return f"{zlib.crc32(value):08x}".encode()


def read_schema_version(metadata: Mapping[bytes, bytes] | None) -> int:
    """Return the schema version that a Parquet file's key-value metadata names; the current one if they name none."""
    try:
        return _Versioned.model_validate_json((metadata or {}).get(FOOTER_KEY, b"{}")).schema_version
    except ValidationError:
        return SCHEMA_VERSION


def list_lacking_columns(version: int) -> frozenset[str]:
    """Return the columns that files of this schema version lack."""
    return frozenset(name for name, added in _ADDED.items() if added > version)


def upgrade_table(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return these columns of a table of an older schema version as the current version has them.

    Columns that the older version lacks are null. Columns of a wrong type are returned as they are.
    """
    arrays, fields = [], []
    for name in columns:
        field = SCHEMA.field(name)
        array = table[name] if name in table.schema.names else pa.nulls(table.num_rows, field.type)
        arrays.append(array)
        fields.append(field.with_type(array.type))
    return pa.table(arrays, schema=pa.schema(fields))


def to_utc_day(timestamp_ms: int) -> date:
    """Return the UTC day of a Kafka timestamp, or the nearest day in Python's calendar."""
    bounded = min(max(timestamp_ms, 0), _LAST_MS)
    return datetime.fromtimestamp(bounded / 1000, tz=UTC).date()


class FileName(NamedTuple):
    """The parts of a file's path. Only a merged file has an ``end_offset``."""

    topic: str
    partition: int
    first_offset: int
    day: date
    end_offset: int | None = None


def build_file_path(
    topic: str, partition: int, first_offset: int, day: date, end_offset: int | None = None
) -> str:
    """Return the path of the file that begins at ``first_offset``, relative to the root. Merged files have an ``end_offset``."""
    end = "" if end_offset is None else f"_{end_offset:020d}"
    return f"dt={day.isoformat()}/{topic}-{partition}-{first_offset:020d}{end}.parquet"


def parse_path(path: str) -> FileName | None:
    """Parse a path. Return None if :func:`build_file_path` makes no such path."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        return None
    end = int(found["end"]) if found["end"] else None
    return FileName(found["topic"], int(found["partition"]), int(found["offset"]), day, end)


_PATH = re.compile(
    r"dt=(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})/"
    r"(?P<topic>[^/]+)-(?P<partition>0|[1-9][0-9]*)-(?P<offset>[0-9]{20})(_(?P<end>[0-9]{20}))?\.parquet"
)
_LAST_MS = 253_402_300_799_000
"""The last second of the year 9999, after which Python's calendar ends."""
