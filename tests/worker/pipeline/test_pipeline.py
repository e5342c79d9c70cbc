"""Micro-batches become scored rows, rejected offsets, gaps and dead letters."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.scored_row import SCHEMA, Gap
from badbuzz.errors import GiveUp
from tests.badbuzz.bad_records import BAD
from tests.worker.pipeline.fakes import (
    APPENDED_MS,
    FakeBrands,
    FakeModel,
    deliver,
    good,
    record,
    score_of,
)
from worker.chain.port import RecordTime
from worker.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from worker.core.slices import MicroBatch, Slice
    from worker.dead_letters.port import DeadLetter
    from worker.source.memory import MemoryRecord


def score(work: MicroBatch, model: FakeModel | None = None) -> tuple[dict[int, Slice], list[DeadLetter]]:
    """Slices by partition, and dead letters."""
    used = model or FakeModel()
    slices, letters = Pipeline("tweets", lambda: used, FakeBrands).score(work)
    assert len(slices) == len(work)
    return {slice_.partition: slice_ for slice_ in slices}, letters


def score_one(records: list[MemoryRecord], model: FakeModel | None = None) -> tuple[Slice, list[DeadLetter]]:
    slices, letters = score({0: deliver(records)}, model)
    return slices[0], letters


@pytest.mark.parametrize("value", [value for value, _ in BAD.values()], ids=BAD.keys())
def test_a_bad_record_does_not_affect_the_others(value: bytes) -> None:
    records = [good(0), record(1, value), good(2)]
    slice_, letters = score_one(records)
    assert slice_.rows["offset"].to_pylist() == [0, 2]
    assert slice_.rejected == (1,)
    assert (slice_.start, slice_.end, slice_.gaps) == (0, 3, ())
    (letter,) = letters
    assert letter.record is records[1], "its bytes are unchanged"
    assert letter.error.stage == "decode"


def test_a_tweet_of_which_the_model_reads_nothing_has_no_score_and_no_label() -> None:
    model = FakeModel(poison=["bad"], unread=["😡😡", "acme 😡"])
    records = [good(0, "acme 😡"), good(1, "fine"), good(2, "bad"), good(3, "😡😡")]
    slice_, letters = score_one(records, model)
    rows = slice_.rows.to_pylist()
    assert [(row["offset"], row["score"] is None, row["label"] is None) for row in rows] == [
        (0, True, True),
        (1, False, False),
        (3, True, True),
    ]
    assert rows[0]["brands"] == ["acme"], "it still counts as a mention"
    assert len(letters) == 1


def test_tombstones_are_gaps_of_their_own() -> None:
    records = [
        record(5, None),
        good(8),
        record(9, None),
        record(10, None),
        record(11, b"no"),
        record(13, None),
    ]
    slices, letters = score({0: deliver(records, 4)})
    assert slices[0].rows["offset"].to_pylist() == [8]
    assert slices[0].rejected == (11,)
    assert [(gap.start, gap.end, gap.reason) for gap in slices[0].gaps] == [
        (4, 5, "absent"),
        (5, 6, "tombstone"),
        (6, 8, "absent"),
        (9, 11, "tombstone"),
        (12, 13, "absent"),
        (13, 14, "tombstone"),
    ]
    assert [letter.record.offset for letter in letters] == [11]


def test_tombstones_alone_make_a_slice_without_dead_letters() -> None:
    slice_, letters = score_one([record(5, None), record(6, None)])
    assert (slice_.start, slice_.end, slice_.rejected, letters) == (5, 7, (), [])
    assert slice_.gaps == (Gap(start=5, end=7, reason="tombstone"),)


def test_tombstones_may_become_dead_letters() -> None:
    pipeline = Pipeline("tweets", FakeModel, FakeBrands, skip_tombstones=False)
    (slice_,), letters = pipeline.score({0: deliver([record(5, None), good(6)])})
    assert (slice_.rejected, slice_.gaps) == ((5,), ())
    assert "tombstone" in str(letters[0].error)


def test_bad_records_alone_make_a_slice() -> None:
    model = FakeModel()
    slice_, letters = score_one([record(5, b"no"), record(6, b"no")], model)
    assert (slice_.start, slice_.end, slice_.rejected) == (5, 7, (5, 6))
    assert slice_.rows.num_rows == 0
    assert slice_.rows.schema == SCHEMA
    assert len(letters) == 2
    assert model.calls == [], "nothing to score"


def test_a_row_has_all_columns() -> None:
    before = datetime.now(UTC)
    fields: dict[str, Any] = {
        "created_at": "2026-03-14T12:00:00.25+02:00",
        "author": "ada",
        "lang": "en",
        "source": "x",
        "kind": "quote",
        "original_id": "99",
        "label": 0,
        "retweets": 3,
    }
    slice_, _ = score_one([good(4, "acme lost my bag", **fields)])
    assert slice_.rows.schema == SCHEMA
    (row,) = slice_.rows.to_pylist()
    assert before <= row.pop("scored_at") <= datetime.now(UTC)
    assert row == {
        "id": "0:4",
        "text": "acme lost my bag",
        "created_at": datetime(2026, 3, 14, 10, 0, 0, 250_000, tzinfo=UTC),
        "author": "ada",
        "lang": "en",
        "source": "x",
        "brands": ["acme"],
        "score": score_of("acme lost my bag"),
        "label": "NEGATIVE" if score_of("acme lost my bag") < 0.5 else "POSITIVE",
        "expected_label": "NEGATIVE",
        "model": "stand-in:3",
        "appended_at": datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=APPENDED_MS + 4),
        "topic": "tweets",
        "partition": 0,
        "offset": 4,
        "kind": "quote",
        "original_id": "99",
    }


def test_a_context_names_brands_and_is_not_scored() -> None:
    plain, _ = score_one([good(0, "never again")])
    with_context, _ = score_one([good(0, "never again", context="love | acme")])
    assert plain.rows["brands"].to_pylist() == [[]]
    assert with_context.rows["brands"].to_pylist() == [["acme"]]
    for name in ("score", "text"):
        assert with_context.rows[name] == plain.rows[name]


@pytest.mark.parametrize("text", ["", "never again, acme"])
def test_a_delete_has_neither_score_nor_label(text: str) -> None:
    records = [
        record(0, json.dumps({"id": "1#delete", "text": text, "kind": "delete", "original_id": "1"}).encode())
    ]
    slice_, letters = score_one([*records, good(1, "never again", kind="retweet"), good(2, "never again")])
    assert letters == []
    assert slice_.rows["score"].is_null().to_pylist() == [True, False, False]
    assert slice_.rows["label"].is_null().to_pylist() == [True, False, False]
    assert slice_.rows["kind"].to_pylist() == ["delete", "retweet", None]
    assert slice_.rows["original_id"].to_pylist() == ["1", None, None]


def test_missing_fields_are_null() -> None:
    slice_, _ = score_one([good(0), good(1, author=None, label=1)])
    for name in ("created_at", "author", "lang", "source"):
        assert slice_.rows[name].to_pylist() == [None, None]
    assert slice_.rows["expected_label"].to_pylist() == [None, "POSITIVE"]


@pytest.mark.parametrize(("text", "label"), [("\x00", "NEGATIVE"), ("ÿ" * 2, "POSITIVE")])
def test_the_label_depends_on_the_score(text: str, label: str) -> None:
    slice_, _ = score_one([good(0, text)])
    assert slice_.rows["label"].to_pylist() == [label]


def test_a_score_of_one_half_is_positive() -> None:
    half = next(text for text in map(chr, range(1, 0x2000)) if score_of(text) == 0.5)
    slice_, _ = score_one([good(0, half)])
    assert slice_.rows["label"].to_pylist() == ["POSITIVE"]


def test_the_first_and_last_dates_of_the_calendar_are_stored() -> None:
    dates = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
    slice_, letters = score_one([good(offset, created_at=date) for offset, date in enumerate(dates)])
    assert letters == []
    assert [moment.year for moment in slice_.rows["created_at"].to_pylist()] == [1, 9999]


def test_a_repeated_id_makes_two_rows() -> None:
    slice_, _ = score_one([good(0, id="7"), good(1, id="7")])
    assert slice_.rows["id"].to_pylist() == ["7", "7"]


def test_offsets_that_kafka_skipped_are_gaps() -> None:
    slice_, _ = score_one([good(10), record(13, b"no"), good(14), good(20)])
    assert slice_.gaps == (
        Gap(start=11, end=13, reason="absent"),
        Gap(start=15, end=20, reason="absent"),
    )
    slices, _ = score({0: deliver([good(10)], 8)})
    assert slices[0].gaps == (Gap(start=8, end=10, reason="absent"),)
    assert (slices[0].start, slices[0].end) == (8, 11)


def test_partitions_are_scored_together_and_split() -> None:
    model = FakeModel()
    work = {
        2: deliver([good(offset, partition=2) for offset in range(3)]),
        0: deliver([record(5, b"no"), good(6)]),
        1: deliver([record(0, b"no", partition=1)]),
    }
    slices, letters = score(work, model)
    assert model.calls == [4], "long batches score faster"
    assert {number: slice_.rows["id"].to_pylist() for number, slice_ in slices.items()} == {
        2: ["2:0", "2:1", "2:2"],
        0: ["0:6"],
        1: [],
    }
    assert {number: slice_.rejected for number, slice_ in slices.items()} == {2: (), 0: (5,), 1: (0,)}
    assert {(letter.record.partition, letter.record.offset) for letter in letters} == {(0, 5), (1, 0)}
    assert slices[2].first == RecordTime(APPENDED_MS, APPENDED_MS, is_kafkas=True)
    assert slices[2].last_arrived_ms == APPENDED_MS + 2


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["good", "garbage", "poison", "mute"])), max_size=40
    )
)
def test_each_record_of_any_mixture_is_a_row_or_rejected(kinds: list[tuple[int, str]]) -> None:
    records: dict[int, list[MemoryRecord]] = {}
    for number, (partition, kind) in enumerate(kinds):
        value = b"garbage" if kind == "garbage" else good(number, kind, partition=partition).value
        records.setdefault(partition, []).append(record(number, value, partition=partition))
    work = {partition: deliver(found) for partition, found in records.items()}
    model = FakeModel({"poison"}, {"mute"})
    scorable = [kind for _, kind in kinds if kind != "garbage"]
    if len(scorable) >= 16 and "good" not in scorable:
        with pytest.raises(GiveUp):
            score(work, model)
        return
    slices, letters = score(work, model)
    rejected = {(slice_.partition, offset) for slice_ in slices.values() for offset in slice_.rejected}
    assert rejected == {(letter.record.partition, letter.record.offset) for letter in letters}
    for partition, delivered in work.items():
        slice_ = slices[partition]
        rows = slice_.rows["offset"].to_pylist()
        assert rows == [r.offset for r in delivered.records if kinds[r.offset][1] == "good"]
        assert sorted([*rows, *slice_.rejected]) == [r.offset for r in delivered.records]
        assert slice_.rows["score"].to_pylist() == [pytest.approx(score_of("good"))] * len(rows)
        assert set(slice_.rows["partition"].to_pylist()) <= {partition}


def test_dead_letters_name_the_stage_that_failed() -> None:
    slice_, letters = score_one([good(0), good(1, "poison"), record(2, b"no")], FakeModel({"poison"}))
    assert slice_.rejected == (1, 2)
    assert {letter.record.offset: letter.error.stage for letter in letters} == {1: "score", 2: "decode"}


def test_each_batch_uses_the_current_model() -> None:
    class Next(FakeModel):
        model = "stand-in:4"

    models: list[FakeModel] = [FakeModel(), Next()]
    pipeline = Pipeline("tweets", lambda: models.pop(0), FakeBrands)
    for expected in ("stand-in:3", "stand-in:4"):
        (slice_,), _ = pipeline.score({0: deliver([good(0)])})
        assert slice_.rows["model"].to_pylist() == [expected]


def test_an_empty_batch_has_no_slices() -> None:
    assert score({}) == ({}, [])
