"""The digest of a file: its place, and that it covers every byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.chain.segments import TOPIC_ID, make_segment
from worker.chain.file_format import digest
from worker.chain.file_format.digest import (
    BLANK_DIGEST,
    DIGEST_KEY,
    compute_digest,
    find_digest,
    seal_content,
    seal_file,
)
from worker.chain.file_format.parquet import encode_segment

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = encode_segment(make_segment(0, 40), TOPIC_ID, "writer")


def compute(content: bytes) -> bytes:
    found = find_digest(content, len(content))
    assert found
    return compute_digest(lambda start, end: content[start:end], len(content), found[0])


def blank(content: bytes) -> bytes:
    found = find_digest(content, len(content))
    assert found
    return content.replace(found[1], BLANK_DIGEST)


def test_readers_of_parquet_see_it_as_metadata() -> None:
    metadata = pq.read_metadata(pa.BufferReader(CONTENT)).metadata
    assert metadata[DIGEST_KEY] == compute(CONTENT)
    found = find_digest(CONTENT[-3_000:], len(CONTENT))
    assert found == find_digest(CONTENT, len(CONTENT))


def test_the_same_content_has_the_same_digest() -> None:
    assert encode_segment(make_segment(0, 40), TOPIC_ID, "writer") == CONTENT
    assert encode_segment(make_segment(0, 40), TOPIC_ID, "other") != CONTENT


@given(st.integers(0, len(CONTENT) * 8 - 1))
def test_it_covers_every_bit(bit: int) -> None:
    changed = bytearray(CONTENT)
    changed[bit // 8] ^= 1 << bit % 8
    found = find_digest(bytes(changed), len(changed))
    assert found is None or compute(bytes(changed)) != found[1]


@pytest.mark.parametrize("chunk_bytes", [1, 7, 32, 1_000, 10**9])
def test_the_size_of_a_chunk_does_not_matter(chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compute(CONTENT)
    monkeypatch.setattr(digest, "_CHUNK_BYTES", chunk_bytes)
    assert compute(CONTENT) == expected


def test_a_file_is_sealed_in_place(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(blank(CONTENT))
    seal_file(file)
    assert file.read_bytes() == CONTENT


def test_a_file_is_sealed_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="blank digest"):
        seal_content(CONTENT)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), sink)
    (tmp_path / "foreign").write_bytes(sink.getvalue())
    with pytest.raises(ValueError, match="blank digest"):
        seal_file(tmp_path / "foreign")


def test_the_last_match_is_the_digest() -> None:
    """A tweet or a footer may contain the same bytes."""
    trap = DIGEST_KEY + b"\x18\x20" + b"a" * 32
    assert find_digest(trap + CONTENT, len(trap) + len(CONTENT)) == (
        find_digest(CONTENT, len(CONTENT))[0] + len(trap),  # type: ignore[index] # found above
        compute(CONTENT),
    )
