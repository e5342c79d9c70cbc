from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from producer.live.bluesky_message import parse_message
from producer.rejected_rows import RejectedRow
from tests.producer.live.jetstream_server import DID, START_US, message, post

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet

SEEN = datetime.fromtimestamp(START_US / 1e6, tz=UTC) + timedelta(seconds=1)
URI = f"at://{DID}/app.bsky.feed.post/r1"
QUOTED = "at://did:plc:other/app.bsky.feed.post/3k"


def parse(raw: str | bytes) -> Tweet:
    found = parse_message(1, raw).found
    assert isinstance(found, dict), found
    return found


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("2026-05-01T10:00:00+02:00", datetime(2026, 5, 1, 8, tzinfo=UTC)),
        ("2015-01-01T00:00:00Z", datetime(2015, 1, 1, tzinfo=UTC)),  # imported
        ("2006-03-21T00:00:00Z", datetime(2006, 3, 21, tzinfo=UTC)),
        ("2006-03-20T23:59:59Z", SEEN),
        ("1970-01-01T00:00:00Z", SEEN),
        (SEEN.isoformat(), SEEN),
        ((SEEN + timedelta(microseconds=1)).isoformat(), SEEN),
        ("2999-01-01T00:00:00Z", SEEN),
        ("9999-12-31T23:59:59-05:00", SEEN),
        ("0000-01-01T00:00:00Z", SEEN),
        ("0001-01-01T00:00:00+14:00", SEEN),
        ("2026-05-01", SEEN),
        ("yesterday", SEEN),
        (17, SEEN),
        (None, SEEN),
    ],
)
def test_a_date_that_cannot_be_is_replaced_by_the_servers_date(claimed: object, expected: datetime) -> None:
    assert parse(post(1, createdAt=claimed))["created_at"] == expected


@pytest.mark.parametrize(
    ("fields", "kind", "original_id"),
    [
        ({}, "post", None),
        ({"reply": {"root": {"uri": QUOTED}, "parent": {"uri": QUOTED}}}, "reply", None),
        (
            {"embed": {"$type": "app.bsky.embed.record", "record": {"uri": QUOTED, "cid": "b"}}},
            "quote",
            QUOTED,
        ),
        (
            {
                "embed": {"record": {"record": {"uri": QUOTED}}, "media": {"images": []}},
                "reply": {"root": {}},
            },
            "quote",
            QUOTED,
        ),
        ({"embed": {"record": {"uri": "at://did:plc:other/app.bsky.feed.generator/news"}}}, "post", None),
        ({"embed": {"record": {"uri": f"{QUOTED}{'x' * 256}"}}}, "post", None),
        ({"embed": {"record": {"uri": 7}}, "reply": []}, "post", None),
        ({"embed": "none"}, "post", None),
    ],
)
def test_replies_and_quotes_are_marked(fields: dict[str, Any], kind: str, original_id: str | None) -> None:
    tweet = parse(post(1, **fields))
    assert (tweet["kind"], tweet["original_id"]) == (kind, original_id)


CARD = {
    "uri": "https://airparadis.com/lost",
    "title": "Lost luggage",
    "description": "Air Paradis apologises",
}
LINK = {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://airparadis.com"}]}


@pytest.mark.parametrize(
    ("fields", "context"),
    [
        ({"facets": [LINK, LINK]}, "https://airparadis.com"),
        ({"facets": [{"features": [{"tag": "travel"}, {"did": "did:plc:x"}]}]}, None),
        ({"tags": ["AirParadis", 7]}, "#AirParadis"),
        (
            {"embed": {"external": CARD}},
            "https://airparadis.com/lost | Lost luggage | Air Paradis apologises",
        ),
        ({"embed": {"images": [{"alt": "a broken suitcase"}, {"alt": ""}, {}]}}, "a broken suitcase"),
        ({"embed": {"video": {}, "alt": "the queue"}}, "the queue"),
        (
            {"embed": {"record": {"record": {"uri": QUOTED}}, "media": {"images": [{"alt": "a bag"}]}}},
            "a bag",
        ),
        ({"facets": {}, "embed": {"images": 7, "external": [], "media": None}, "tags": "x"}, None),
        ({"embed": {"images": [{"alt": "x" * 30_000}]}}, "x" * 25_000),
    ],
)
def test_links_cards_and_descriptions_are_context_and_not_text(
    fields: dict[str, Any], context: str | None
) -> None:
    tweet = parse(post(1, **fields))
    assert (tweet["text"], tweet["context"]) == ("no bag, no plane", context)


def test_an_edit_is_a_tweet_of_its_own_and_dated_now() -> None:
    record = {"text": "edited", "createdAt": "2020-01-01T00:00:00Z"}
    tweet = parse(message(1, operation="update", rev="3lrev", record=record))
    assert (tweet["id"], tweet["kind"], tweet["original_id"]) == (f"{URI}#3lrev", "edit", URI)
    assert (tweet["text"], tweet["created_at"]) == ("edited", SEEN)


def test_a_delete_has_no_text() -> None:
    assert parse(message(1, operation="delete")) == {
        "id": f"{URI}#delete", "text": "", "created_at": SEEN, "author": DID, "source": "bluesky",
        "kind": "delete", "original_id": URI,
    }  # fmt: skip


@pytest.mark.parametrize("status", ["takendown", "suspended", "deactivated", None])
def test_an_account_that_may_come_back_is_not_a_delete(status: str | None) -> None:
    account = {"active": status is None} | ({"status": status} if status else {})
    raw = json.dumps({"did": DID, "time_us": START_US, "kind": "account", "account": account})
    assert parse_message(1, raw).found is None


def test_lone_surrogates_are_replaced() -> None:
    assert parse(post(1, "cut \ud83d"))["text"] == "cut �"
    assert parse(post(1, "cut \ud83d").encode())["text"] == "cut �"


@pytest.mark.parametrize("langs", [None, [], [7, "en"], ["en", None]])
def test_invalid_languages_are_left_out(langs: object) -> None:
    found = parse_message(1, post(1, langs=langs))
    assert isinstance(found.found, dict)
    assert set(found.langs) <= {"en"}


@pytest.mark.parametrize(
    "raw",
    [
        "<html>", b"\xff\xfe\x00", "[]", "7", message(1, record={"text": 7}), message(2),
        message(3, record={"text": "x" * 30_000}), post(4, at_us=1_000), post(4, at_us=10**18), post(1)[:50],
        message(1, rkey="x" * 300),
    ],
)  # fmt: skip
def test_an_invalid_message_is_rejected(raw: str | bytes) -> None:
    found = parse_message(7, raw).found
    assert isinstance(found, RejectedRow)
    assert found.line == 7
