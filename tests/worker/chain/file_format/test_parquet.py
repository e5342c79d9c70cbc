"""Segments encoded as Parquet files."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.contracts.scored_row import SCHEMA, Footer, Gap, OffsetRange
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import TOPIC_ID, make_segment
from worker.chain.file_format.parquet import encode_segment


def test_a_file_holds_the_rows_and_the_footer_of_its_segment() -> None:
    rejected, gap = OffsetRange(start=2, end=4), Gap(start=6, end=7, reason="absent")
    published = make_segment(0, 9, rejected=[rejected], gaps=[gap])
    with pq.ParquetFile(pa.BufferReader(encode_segment(published, TOPIC_ID, "me"))) as parquet:
        assert parquet.read().replace_schema_metadata(None).equals(published.table)
        footer = Footer.from_metadata(parquet.metadata.metadata, file="this")
    assert (footer.topic, footer.topic_id, footer.writer) == ("tweets", TOPIC_ID, "me")
    assert (footer.first_offset, footer.end_offset) == (0, 9)
    assert (footer.rejected, footer.gaps, footer.totals) == ((rejected,), (gap,), published.totals)
    assert footer.end_leader_epoch is None


def test_the_footer_has_the_leader_epoch() -> None:
    published = replace(make_segment(0, 9), end_leader_epoch=7)
    with pq.ParquetFile(pa.BufferReader(encode_segment(published, TOPIC_ID, "me"))) as parquet:
        assert Footer.from_metadata(parquet.metadata.metadata, file="this").end_leader_epoch == 7


def test_the_same_segment_and_writer_give_the_same_bytes() -> None:
    whole = make_segment(0, 50)
    chunks = pa.concat_tables([whole.table.slice(0, 20), whole.table.slice(20)])
    first = encode_segment(whole, TOPIC_ID, "me")
    assert encode_segment(replace(whole, table=chunks), TOPIC_ID, "me") == first
    assert encode_segment(whole, TOPIC_ID, "other") != first


@pytest.mark.parametrize(
    ("first", "end", "message"),
    [
        (0, 6, "offset 5 is neither a row"),
        (1, 5, "offset 0 is before"),
        (0, 4, "offset 4 is not before the end 4"),
    ],
)
def test_a_segment_with_wrong_offsets_is_refused(first: int, end: int, message: str) -> None:
    wrong = replace(make_segment(0, 5), first_offset=first, end_offset=end)
    with pytest.raises(DataRefused, match=rf"^segment tweets-0 \[{first}, {end}\): {message}"):
        encode_segment(wrong, TOPIC_ID, "me")


def test_a_segment_with_other_types_is_refused() -> None:
    good = make_segment(0, 5)
    index = SCHEMA.get_field_index("score")
    wrong = good.table.set_column(index, "score", good.table["score"].cast(pa.float64()))
    with pytest.raises(DataRefused, match="columns are not those of the contract"):
        encode_segment(replace(good, table=wrong), TOPIC_ID, "me")
