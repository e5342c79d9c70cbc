"""Forms of tweets beside the contract's: read if they are not ambiguous."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts.surrogates import replace_lone_surrogates
from badbuzz.contracts.tweet import decode_tweet
from badbuzz.contracts.tweet_variants import normalize_value
from badbuzz.errors import BadRecord
from tests.badbuzz.bad_records import record

NOON = datetime(2018, 10, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (record(id=7), {}),
        (record(id=1_050_118_621_198_921_728), {"id": "1050118621198921728"}),
        (record(id=10**30), {"id": "1" + "0" * 30}),
        (record(id=1_050_118_621_198_921_700, id_str="1050118621198921728"), {"id": "1050118621198921728"}),
        (json.dumps({"id_str": "8", "text": "never again"}).encode(), {"id": "8"}),
        (record(id_str="8"), {}),
        (json.dumps({"id": "7", "full_text": "never again"}).encode(), {}),
        (record(text=None, full_text="the whole"), {"text": "the whole"}),
        (record(text="", full_text="the whole"), {"text": ""}),
        (record(created_at="Wed Oct 10 12:00:00 +0000 2018"), {"created_at": NOON}),
        (record(created_at="Wed Oct 10 14:30:00 +0230 2018"), {"created_at": NOON}),
        (record(created_at=NOON.timestamp()), {"created_at": NOON}),
        (record(created_at=int(NOON.timestamp())), {"created_at": NOON}),
        (
            record(created_at=int(NOON.timestamp()) * 1_000 + 5),
            {"created_at": NOON + timedelta(milliseconds=5)},
        ),
        (
            record(created_at=int(NOON.timestamp()) * 1_000_000 + 5),
            {"created_at": NOON + timedelta(microseconds=5)},
        ),
        (record(created_at=str(int(NOON.timestamp()) * 1_000)), {"created_at": NOON}),
        (b"\xef\xbb\xbf" + record(), {}),
        (rb'{"id": "7", "text": "cut \ud83d"}', {"text": "cut \ufffd"}),
        (rb'{"id": 7, "text": "\ude00 \ud83d\ude00 \\ud83d"}', {"text": "\ufffd 😀 \\ud83d"}),
        (record(id=7, author=None, unknown={"id": float("nan")}), {"author": None}),
        (
            record(id=7, label=1, kind="quote", original_id="3"),
            {"label": 1, "kind": "quote", "original_id": "3"},
        ),
    ],
)
def test_other_forms_that_are_not_ambiguous_are_read(value: bytes, expected: dict[str, Any]) -> None:
    assert decode_tweet(value) == {"id": "7", "text": "never again"} | expected


@given(
    st.datetimes(min_value=datetime(2006, 3, 22), max_value=datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([1, 1_000, 1_000_000]),
)
def test_a_number_is_a_date_in_one_unit_only(moment: datetime, unit: int) -> None:
    number = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * unit // 1_000_000
    found = decode_tweet(record(created_at=number))["created_at"]
    assert found is not None
    assert timedelta(0) <= moment - found < timedelta(seconds=1) / unit + timedelta(microseconds=1)


@given(st.text(st.characters(), max_size=50))
def test_any_string_of_javascript_is_a_text(text: str) -> None:
    assert decode_tweet(record(text=text))["text"] == replace_lone_surrogates(text)


@pytest.mark.parametrize("value", [b"[1]", b"3", b"null", b'"x"', b"", b"{", b"\xff"])
def test_a_value_that_is_no_json_object_is_no_variant(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected value|EOF|JSON object"):
        normalize_value(value, ["id", "text"])


def test_only_the_named_fields_are_kept() -> None:
    assert json.loads(normalize_value(record(id=7, more=[1]), ["id", "text"]).value) == {
        "id": "7",
        "text": "never again",
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            b'{"x": {"id": "7"}}',
            "id: Field required (got {'x': {'id': '7'}}); text: Field required (got {'x'",
        ),
        (b'{"id": 7, "note": 1}', "text: Field required (got {'id': 7, 'note': 1})"),
        (record(id=10**256), "id: String should have at most 256 characters (got 1000"),
        (record(id=7, id_str=""), "id_str: String should have at least 1 character (got '')"),
        (record(id=7, id_str=3, text=4), "text: Input should be a valid string (got 4)"),
        (
            record(text=None, full_text="y" * 25_001),
            "full_text: String should have at most 25000 characters (got 'yy",
        ),
        (record(created_at="Wed Feb 30 20:19:24 +0000 2018"), "(got 'Wed Feb 30 20:19:24 +0000 2018')"),
        (record(id=7, author=float("nan")), "author: Input should be a valid string (got nan)"),
    ],
)
def test_a_problem_is_shown_with_the_name_and_the_value_that_were_sent(value: bytes, message: str) -> None:
    with pytest.raises(BadRecord) as refused:
        decode_tweet(value)
    assert message in str(refused.value)


@given(
    st.dictionaries(
        st.sampled_from(["id", "id_str", "text", "full_text", "created_at", "label", "data", "x"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    )
)
def test_any_object_is_a_tweet_or_a_bad_record(fields: dict[str, Any]) -> None:
    with contextlib.suppress(BadRecord):
        decode_tweet(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"data": {"id": "28", "text": "x"}},
            "answer of X's API version 2 around a tweet; send the object in its field 'data'",
        ),
        (
            {"data": [{"id": "28", "text": "x"}], "meta": {}},
            "a list of tweets in its field 'data'; send each of them as a record",
        ),
        (
            {"tweet": {"id_str": "28", "full_text": "x"}},
            "an envelope around a tweet; send the object in its field 'tweet' alone",
        ),
    ],
)
def test_an_envelope_around_a_tweet_is_named(value: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRecord) as refused:
        decode_tweet(json.dumps(value).encode())
    assert message in str(refused.value)
