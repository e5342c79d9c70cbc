"""Single flipped bits in a stored file: each one is reported, or changes nothing that a reader of all rows sees."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import OffsetRange
from badbuzz.errors import DataRefused
from tests.worker.chain.segments import TOPIC, TOPIC_ID, make_segment
from worker.chain.chain_files import ChainFiles
from worker.chain.stored_chain import StoredChain
from worker.compact.merge import read_rows
from worker.verify.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from badbuzz.clients.scored_store import ScoredStore
    from badbuzz.contracts.scored_row import Footer
    from worker.chain.chain_file import ChainFile

SAMPLE = 2_000
"""Flips of one run; each run of the suite draws others."""


@pytest.fixture
def store() -> ScoredStore:
    store = open_scored_store("memory://")
    chain = StoredChain(store, TOPIC, TOPIC_ID)
    chain.claim_origin(0, 0)
    assert chain.publish(make_segment(0, 30, rejected=(OffsetRange(start=4, end=6),)))
    return store


def read_all(files: ChainFiles, file: ChainFile) -> tuple[Footer, pa.Table]:
    return files.read_footer(file), pa.concat_tables(list(read_rows(files, [file])))


def flip_bits(content: bytes) -> Iterator[tuple[int, bytes]]:
    """All bits of the Parquet footer's end, and a sample of all."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown if the test fails
    bits = range(len(content) * 8)
    for bit in [*bits[-256:], *random.Random(seed).sample(bits, min(SAMPLE, len(bits)))]:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(changed)


def test_each_flip_is_reported_or_harmless(store: ScoredStore) -> None:
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    content = bytes(store.rows.get(file.path).bytes())
    before = read_all(files, file)
    harmless = []
    for bit, changed in flip_bits(content):
        store.rows.put(file.path, changed)
        report = Verification(store, TOPIC, None, None).run(deep=True, complete=False)
        if report.violations:
            assert report.exit_code == 65
            continue
        assert read_all(files, file) == before, bit
        harmless.append(bit)
    # Only a flip in the name of the digest hides it from the check, and hurts nothing else.
    position = content.rindex(b"badbuzz_digest")
    assert {bit // 8 - position for bit in harmless} <= set(range(16))


def test_no_flip_is_a_traceback_for_any_reader(store: ScoredStore) -> None:
    """Workers, compactions and the plain ``verify`` read without the digest: page checksums and types protect them."""
    files = ChainFiles(store.rows, TOPIC)
    (file,) = files.list_all()[0]
    content = bytes(store.rows.get(file.path).bytes())
    expected = read_all(files, file)
    unseen = []
    for bit, changed in flip_bits(content):
        store.rows.put(file.path, changed)
        Verification(store, TOPIC, None, None).run(deep=False, complete=False)
        try:
            found = read_all(files, file)
        except DataRefused:
            continue
        assert found[0] == expected[0], bit
        if found != expected:
            unseen.append(bit)
    assert len(unseen) < SAMPLE / 100
