from __future__ import annotations

import pytest

from producer.live.stream import Disconnected
from producer.live.x_message import parse_message
from producer.rejected_rows import RejectedRow
from tests.producer.live.x_server import post


def test_a_post_without_optional_fields() -> None:
    assert parse_message(1, b'{"data": {"id": "5", "text": "hi"}}') == {
        "id": "5", "text": "hi", "created_at": None, "author": None, "lang": None, "source": "x",
    }  # fmt: skip


def test_a_long_post_has_its_whole_text() -> None:
    found = parse_message(1, post(1, "cut", note_tweet={"text": "the whole text"}))
    assert isinstance(found, dict)
    assert (found["text"], found["author"]) == ("the whole text", "ada")


def test_a_post_that_matches_only_rules_of_others_is_skipped() -> None:
    assert parse_message(1, post(1, tag="theirs")) is None
    assert parse_message(1, post(1, tag="badbuzz")) is not None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"garbage", "message: Invalid JSON"),
        (b'{"data": {"id": "", "text": "t"}}', "data.id: String should have at least 1 character"),
        (b"{}", "neither a post nor errors"),
    ],
)
def test_an_invalid_line_is_rejected_with_its_number(line: bytes, reason: str) -> None:
    found = parse_message(7, line)
    assert isinstance(found, RejectedRow)
    assert str(found).startswith(f"line 7: {reason}")
    assert found.row == line.decode()


def test_announced_errors_end_the_stream() -> None:
    line = b'{"errors": [{"detail": "moved"}, {"title": "operational-disconnect"}, {}]}'
    with pytest.raises(
        Disconnected, match="X ends the stream: moved; operational-disconnect; an unnamed error"
    ):
        parse_message(1, line)
