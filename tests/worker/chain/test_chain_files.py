"""Finding and reading files, including foreign, damaged and many files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.contracts.scored_row import FOOTER_KEY, OffsetRange, build_file_path
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID, make_rows, make_segment
from worker.chain.chain_files import ChainFiles
from worker.chain.file_format.parquet import encode_segment
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore

FIRST = build_file_path(TOPIC, 0, 0, NOON.date())
SECOND = build_file_path(TOPIC, 0, 5, NOON.date())


def test_foreign_files_are_ignored(store: ScoredStore, chain: StoredChain) -> None:
    chain.publish(make_segment(0, 5))
    content = encode_segment(make_segment(5, 9), TOPIC_ID, "me")
    for path in (
        "tweets-0-00000000000000000005.parquet",
        "backup/dt=2026-03-14/tweets-0-00000000000000000005.parquet",
        "dt=2026-03-14/more/tweets-0-00000000000000000005.parquet",
        "dt=2026-03-14/tweets-0-5.parquet",
        "dt=2026-03-14/tweets-00-00000000000000000005.parquet",
        "dt=2026-03-14/tweets-0-00000000000000000005.parquet.tmp",
        "dt=2026-03-14/more-tweets-0-00000000000000000005.parquet",
        "dt=2026-13-14/tweets-0-00000000000000000005.parquet",
        "dt=2026-03-14/notes.txt",
    ):
        store.rows.put(path, content)
    assert [file.path for file in ChainFiles(store.rows, TOPIC).list_all()[0]] == [FIRST]
    end = chain.find_ends([0])[0]
    assert end is not None
    assert end.end_offset == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a whole Parquet file"),
        (b"PAR1", "not a whole Parquet file"),
        (encode_segment(make_segment(5, 9), TOPIC_ID, "me")[:-20], "not a whole Parquet file"),
        (encode_segment(make_segment(0, 5), TOPIC_ID, "me"), "its name does not match its footer"),
        (
            encode_segment(make_segment(5, 9, partition=1), TOPIC_ID, "me"),
            "its name does not match its footer",
        ),
    ],
)
def test_a_damaged_last_file_is_refused_by_name(
    store: ScoredStore, chain: StoredChain, content: bytes, message: str
) -> None:
    chain.publish(make_segment(0, 5))
    store.rows.put(SECOND, content)
    with pytest.raises(DataRefused, match=f"{SECOND}: .*{message}"):
        StoredChain(store, TOPIC, TOPIC_ID).find_ends([0])


@pytest.mark.parametrize(
    ("footer", "message"),
    [
        (None, "no Bad Buzz footer"),
        (b"not json", "its footer is unreadable"),
        (b'{"schema_version": 3}', "schema version 3, this software reads up to 2; upgrade it"),
    ],
)
def test_a_foreign_footer_is_refused(
    store: ScoredStore, chain: StoredChain, footer: bytes | None, message: str
) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(make_rows([0]).replace_schema_metadata(footer and {FOOTER_KEY: footer}), sink)
    store.rows.put(FIRST, sink.getvalue().to_pybytes())
    with pytest.raises(DataRefused, match=f"{FIRST}: .*{message}"):
        chain.find_ends([0])


def test_damage_within_a_file_is_found_when_its_rows_are_read(store: ScoredStore) -> None:
    content = bytearray(encode_segment(make_segment(0, 5), TOPIC_ID, "me"))
    content[4:400] = bytes(396)
    store.rows.put(FIRST, bytes(content))
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    with pytest.raises(DataRefused, match=f"{FIRST}: not a whole Parquet file"):
        list(files.read_row_groups(file, ["id", "text"]))


def test_a_file_is_not_called_damaged_when_memory_is_exhausted(
    store: ScoredStore, chain: StoredChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out_of_memory(*_: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    chain.publish(make_segment(0, 3))
    files = ChainFiles(store.rows, TOPIC)
    [file] = files.list_all()[0]
    monkeypatch.setattr(ChainFiles, "_open", run_out_of_memory)
    with pytest.raises(MemoryError):
        list(files.read_row_groups(file, ["id"]))


def test_a_missing_column_is_named(store: ScoredStore, chain: StoredChain) -> None:
    chain.publish(make_segment(0, 5))
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    with pytest.raises(DataRefused, match="has no column mood"):
        list(files.read_row_groups(file, ["id", "mood"]))


def test_a_footer_larger_than_the_usual_tail_is_read(store: ScoredStore, chain: StoredChain) -> None:
    rejected = [OffsetRange(start=offset, end=offset + 1) for offset in range(0, 20_000, 2)]
    chain.publish(make_segment(0, 20_000, rejected=rejected))
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    assert files.read_footer(file).rejected == tuple(rejected)


@pytest.mark.parametrize("store", ["local", "memory"], indirect=True)
def test_the_last_of_two_thousand_files_is_found(store: ScoredStore) -> None:
    for index in range(2_000):
        partition, nth = index % 4, index // 4
        day = (NOON + timedelta(days=nth // 100)).date()
        store.rows.put(build_file_path(TOPIC, partition, nth * 10, day), b"")
    files = ChainFiles(store.rows, TOPIC)
    assert {p: file.first_offset for p, file in files.find_last([0, 1, 2, 3, 9]).items()} == dict.fromkeys(
        range(4), 4_990
    )
    everything = files.list_all()
    assert [len(everything[partition]) for partition in range(4)] == [500] * 4
    offsets = [file.first_offset for file in everything[2]]
    assert offsets == list(range(0, 5_000, 10))
    assert [file.first_offset for file in files.iterate_newest_first(2)] == offsets[::-1]
