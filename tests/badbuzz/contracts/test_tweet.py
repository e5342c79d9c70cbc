from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.contracts import tweet as tweet_module
from badbuzz.contracts.tweet import MAX_ID_CHARACTERS, MAX_TEXT_CHARACTERS, Tweet, decode_tweet, encode_tweet
from badbuzz.errors import BadRecord
from tests.badbuzz.bad_records import BAD, record

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LONGEST_MESSAGE = 300


TOMBSTONE = (None, ["no value", "tombstone"])


@pytest.mark.parametrize(("value", "expected"), [*BAD.values(), TOMBSTONE], ids=[*BAD, "tombstone"])
def test_a_bad_record_is_described_in_one_short_line(value: bytes | None, expected: list[str]) -> None:
    with pytest.raises(BadRecord) as caught:
        decode_tweet(value)
    message = str(caught.value)
    assert caught.value.stage == "decode"
    assert [part for part in expected if part not in message] == []
    assert "\n" not in message
    assert len(message) < LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"retweets": 3, "entities": {"urls": []}, "nan": float("nan")}, {}),
        ({"id": "x" * MAX_ID_CHARACTERS}, {"id": "x" * MAX_ID_CHARACTERS}),
        ({"text": "😀" * MAX_TEXT_CHARACTERS}, {"text": "😀" * MAX_TEXT_CHARACTERS}),
        ({"text": ""}, {"text": ""}),
        ({"text": "\0\u202e\r\n"}, {"text": "\0\u202e\r\n"}),
        ({"text": "\ud83d\ude00"}, {"text": "😀"}),
        ({"text": "cut \ud83d"}, {"text": "cut \ufffd"}),
        ({"label": 0}, {"label": 0}),
        ({"label": 1}, {"label": 1}),
        ({"author": None, "lang": None, "label": None}, {"author": None, "lang": None, "label": None}),
        (
            {"created_at": "2026-03-14T12:00:00.123456+02:00"},
            {"created_at": datetime(2026, 3, 14, 10, 0, 0, 123456, tzinfo=UTC)},
        ),
        ({"created_at": "0001-01-01T00:00:00Z"}, {"created_at": datetime.min.replace(tzinfo=UTC)}),
        ({"created_at": "9999-12-31T23:59:59Z"}, {"created_at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}),
    ],
)  # fmt: skip
def test_unusual_but_valid_tweets_are_read(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert decode_tweet(record(**fields)) == {"id": "7", "text": "never again"} | expected


def test_a_tweet_by_the_contract_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other forms must not slow the usual one."""
    monkeypatch.setattr(tweet_module, "normalize_value", None)
    assert decode_tweet(record(created_at="2018-10-10T12:00:00Z"))["created_at"] == datetime(
        2018, 10, 10, 12, tzinfo=UTC
    )


def test_the_last_of_a_duplicate_field_wins() -> None:
    assert decode_tweet(b'{"id": "1", "text": "first", "text": "last"}') == {"id": "1", "text": "last"}


def test_encoding_omits_empty_fields_and_writes_dates_in_utc() -> None:
    east = timezone(timedelta(hours=9))
    tweet: Tweet = {
        "id": "7",
        "text": "späti",
        "created_at": datetime(2026, 1, 1, 8, tzinfo=east),
        "author": None,
    }
    assert json.loads(encode_tweet(tweet)) == {
        "id": "7",
        "text": "späti",
        "created_at": "2025-12-31T23:00:00Z",
    }


def _optional(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
_MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone itself
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
_TWEETS: SearchStrategy[Any] = st.fixed_dictionaries(
    {"id": _TEXT.filter(bool), "text": _TEXT},
    optional={
        "created_at": _optional(_MOMENTS),
        "author": _optional(_TEXT),
        "lang": _optional(_TEXT),
        "source": _optional(_TEXT),
        "label": _optional(st.sampled_from([0, 1])),
    },
)


@given(_TWEETS)
def test_encoded_tweets_can_be_decoded(tweet: Tweet) -> None:
    assert decode_tweet(encode_tweet(tweet)) == {
        name: value for name, value in tweet.items() if value is not None
    }


@given(st.binary(max_size=300) | _TEXT.map(str.encode))
def test_any_bytes_are_a_tweet_or_a_bad_record(value: bytes) -> None:
    with pytest.raises(BadRecord):
        decode_tweet(value)
