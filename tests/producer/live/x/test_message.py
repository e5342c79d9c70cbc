from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.live.stream import Disconnected
from producer.live.x.message import parse_line
from producer.rejected_rows import RejectedRow
from tests.producer.live.x.x_server import post

if TYPE_CHECKING:
    from badbuzz.contracts.tweet import Tweet

WHOLE = "Three hours on the phone, " * 20 + "and still no bag"


def parse_one(line: bytes) -> Tweet:
    [found] = parse_line(1, line)
    assert isinstance(found, dict), found
    return found


def referencing(kind: str, original: dict[str, Any] | None, text: str = "cut…", **fields: Any) -> bytes:
    """Return a post that refers to the post 77 of user 9, which is included if ``original`` is given."""
    message = json.loads(post(1, text, referenced_tweets=[{"type": kind, "id": "77"}], **fields))
    message["includes"]["users"].append({"id": "9", "username": "airparadis"})
    if original is not None:
        message["includes"]["tweets"] = [{"id": "77", "author_id": "9", "text": "cut…", **original}]
    return json.dumps(message).encode()


def test_a_post_without_optional_fields() -> None:
    assert parse_one(b'{"data": {"id": "5", "text": "hi"}}') == {
        "id": "5", "text": "hi", "created_at": None, "author": None, "lang": None, "source": "x",
        "kind": "post", "original_id": None, "context": None,
    }  # fmt: skip


def test_a_long_post_has_its_whole_text() -> None:
    found = parse_one(post(1, "cut", note_tweet={"text": WHOLE}))
    assert (found["text"], found["author"]) == (WHOLE, "ada")


@pytest.mark.parametrize("original", [{"text": WHOLE}, {"note_tweet": {"text": WHOLE}}])
def test_a_retweet_has_the_whole_text_of_the_original(original: dict[str, Any]) -> None:
    found = parse_one(referencing("retweeted", original, f"RT @airparadis: {WHOLE[:100]}…"))
    assert (found["id"], found["author"], found["text"]) == ("1", "ada", WHOLE)
    assert (found["kind"], found["original_id"]) == ("retweet", "77")
    assert found["context"] == "@airparadis"


def test_a_retweet_of_a_post_that_is_not_included_keeps_its_text() -> None:
    found = parse_one(referencing("retweeted", None, "RT @airparadis: cut…"))
    assert (found["text"], found["kind"], found["original_id"]) == ("RT @airparadis: cut…", "retweet", "77")


def test_a_quote_keeps_the_words_of_its_author_and_searches_those_of_the_original() -> None:
    found = parse_one(referencing("quoted", {"note_tweet": {"text": WHOLE}}, "never again"))
    assert (found["text"], found["kind"], found["original_id"]) == ("never again", "quote", "77")
    assert found["context"] == WHOLE


def test_a_reply_does_not_take_over_the_words_of_the_original() -> None:
    found = parse_one(referencing("replied_to", {"text": WHOLE}, "so true"))
    assert (found["text"], found["kind"], found["original_id"], found["context"]) == (
        "so true", "reply", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("history", "kind", "original_id"),
    [
        (["1"], "post", None),
        (["90", "1"], "edit", "90"),
        (["90", "91", "1"], "edit", "90"),
        ([], "post", None),
    ],
)
def test_an_edit_names_the_first_version(history: list[str], kind: str, original_id: str | None) -> None:
    found = parse_one(post(1, edit_history_tweet_ids=history))
    assert (found["kind"], found["original_id"]) == (kind, original_id)


def test_an_edited_quote_is_an_edit() -> None:
    found = parse_one(referencing("quoted", {"text": WHOLE}, edit_history_tweet_ids=["90", "1"]))
    assert (found["kind"], found["original_id"], found["context"]) == ("edit", "90", None)


def test_links_and_descriptions_of_pictures_are_context() -> None:
    link = {
        "url": "https://t.co/x",
        "expanded_url": "https://airparadis.com/lost",
        "title": "Lost luggage",
        "description": "Air Paradis apologises",
    }
    message = json.loads(post(1, entities={"urls": [link, link, 7], "hashtags": []}))
    message["includes"]["media"] = [
        {"media_key": "3", "alt_text": "an empty carousel"},
        {"media_key": "4"},
        None,
    ]
    found = parse_one(json.dumps(message).encode())
    assert found["text"] == "where is my bag"
    assert found["context"] == (
        "https://airparadis.com/lost | Lost luggage | Air Paradis apologises | an empty carousel"
    )


@pytest.mark.parametrize(
    "includes",
    [{"users": [7]}, {"tweets": [{"id": "77"}, None]}, {"media": {}}, {"users": [{"id": "7"}], "tweets": []}],
)
def test_incomplete_includes_do_not_reject_a_post(includes: dict[str, Any]) -> None:
    message = json.loads(referencing("retweeted", None)) | {"includes": includes}
    assert parse_one(json.dumps(message).encode())["id"] == "1"


def test_a_post_that_matches_only_rules_of_others_is_skipped() -> None:
    assert list(parse_line(1, post(1, tag="theirs"))) == [None]
    assert parse_one(post(1, tag="badbuzz"))["id"] == "1"


def test_a_lone_surrogate_is_replaced() -> None:
    assert parse_one(post(1, "cut \ud83d"))["text"] == "cut �"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"garbage", "message: Invalid JSON"),
        (b'{"data": {"id": "", "text": "t"}}', "data.id: String should have at least 1 character"),
        (b"{}", "neither a post nor errors"),
        (b"7", "message: Input should be"),
        (b"[" * 100_000, "message: Invalid JSON"),
        (b'{"data": ' + b"9" * 5_000, "message: Invalid JSON"),
    ],
)
def test_an_invalid_line_is_rejected_with_its_number(line: bytes, reason: str) -> None:
    [found] = parse_line(7, line)
    assert isinstance(found, RejectedRow)
    assert str(found).startswith(f"line 7: {reason}")
    assert found.row == line.decode()


@given(
    st.lists(st.tuples(st.integers(1, 99), st.booleans(), st.integers(1, 60)), min_size=1, max_size=5),
    st.sampled_from([b"", b" ", b"\t"]),
)
def test_messages_of_one_line_are_separated(parts: list[tuple[int, bool, int]], gap: bytes) -> None:
    """Each whole message is a post, and each message that is cut off is rejected, whatever follows it."""
    messages = [post(number).strip()[: length if is_cut else None] for number, is_cut, length in parts]
    found = list(parse_line(1, gap.join(messages)))
    posts = [entry["id"] for entry in found if isinstance(entry, dict)]
    assert posts == [str(number) for number, is_cut, _ in parts if not is_cut]
    assert sum(isinstance(entry, RejectedRow) for entry in found) >= any(is_cut for _, is_cut, _ in parts)


def test_announced_errors_end_the_stream() -> None:
    line = b'{"errors": [{"detail": "moved"}, {"title": "operational-disconnect"}, {}]}'
    with pytest.raises(
        Disconnected, match="X ends the stream: moved; operational-disconnect; an unnamed error"
    ):
        list(parse_line(1, line))
