"""Records that become tweets, tweets that become columns, and bad records that become dead letters."""

from __future__ import annotations

from badbuzz.brands.matcher import BrandMatcher
from badbuzz.contracts.scored_row import SCHEMA
from badbuzz.errors import BadRecord
from tests.worker.pipeline.fakes import APPENDED_MS, deliver, good, record
from worker.pipeline.decode import decode_records


def test_bad_records_become_dead_letters_and_the_order_is_kept() -> None:
    records = [good(0), record(1, b"not JSON"), good(2), record(3, None)]
    decoded = decode_records([deliver(records)])
    assert decoded.records == [records[0], records[2]]
    assert [tweet["id"] for tweet in decoded.tweets] == ["0:0", "0:2"]
    assert [(letter.record, letter.error.stage) for letter in decoded.letters] == [(records[1], "decode")]
    assert decoded.tombstones == [records[3]]
    kept = decode_records([deliver(records)], skip_tombstones=False)
    assert ([letter.record for letter in kept.letters], kept.tombstones) == ([records[1], records[3]], [])


def test_rejected_tweets_become_dead_letters_after_those_of_decoding() -> None:
    decoded = decode_records([deliver([good(0), good(1), record(2, b"no"), good(3), record(4, None)])])
    error = BadRecord("score", "the engine failed")
    left = decoded.reject({1: error})
    assert [found.offset for found in left.records] == [0, 3]
    assert [tweet["id"] for tweet in left.tweets] == ["0:0", "0:3"]
    assert [letter.record.offset for letter in left.letters] == [2, 1]
    assert left.letters[1].error is error
    assert [found.offset for found in left.tombstones] == [4]
    assert len(decoded.records) == 3, "unchanged"


def test_columns_have_the_types_of_the_schema() -> None:
    batch = [deliver([good(4, "acme", partition=2, lang="en", label=1)]), deliver([good(5)])]
    decoded = decode_records(batch)
    columns = decoded.build_columns()
    assert {name: column.type for name, column in columns.items()} == {
        name: SCHEMA.field(name).type for name in columns
    }
    assert columns["text"].to_pylist() == ["acme", "flight 5"]
    assert columns["lang"].to_pylist() == ["en", None]
    assert columns["expected_label"].to_pylist() == ["POSITIVE", None]
    assert (columns["partition"].to_pylist(), columns["offset"].to_pylist()) == ([2, 0], [4, 5])
    assert columns["appended_at"].cast("int64").to_pylist() == [APPENDED_MS + 4, APPENDED_MS + 5]


def test_no_records_make_empty_columns() -> None:
    columns = decode_records([]).build_columns()
    assert {len(column) for column in columns.values()} == {0}


def test_brands_are_searched_in_text_and_context() -> None:
    records = [good(0, "late"), good(1, "again", context="Air Paradis"), good(2, context=None)]
    decoded = decode_records([deliver(records)])
    texts = decoded.build_columns()["text"]
    assert decoded.build_searched_texts(texts).to_pylist() == ["late", "again | Air Paradis", "flight 2"]
    assert decode_records([deliver(records[:1])]).build_searched_texts(texts) is texts


def test_no_brand_spans_text_and_context() -> None:
    matcher = BrandMatcher.from_yaml(
        b"[{name: air, phrases: [air paradis, {term: airparadis, in: [links]}], hashtags: [air]}]"
    )
    records = [
        good(0, "air", context="paradis"),
        good(1, "late", context="Air | Paradis"),
        good(2, "late", context="Air Paradis"),
        good(3, "late", context="https://airparadis.com/lost"),
        good(4, "late", context="#air"),
    ]
    decoded = decode_records([deliver(records)])
    found = matcher.match(decoded.build_searched_texts(decoded.build_columns()["text"])).to_pylist()
    assert found == [[], [], ["air"], ["air"], ["air"]]
