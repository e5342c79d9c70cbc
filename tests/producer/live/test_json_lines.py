from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from producer.live.json_lines import MAX_LINE_BYTES, JsonLinesStream
from producer.live.stream import ArrivedTweet
from producer.rejected_rows import RejectedRow
from tests.producer.live.listener import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from producer.live.stream import Event


@contextmanager
def pipe_with(content: bytes) -> Iterator[int]:
    """Yield the reading end of a pipe that delivers ``content`` and ends."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield reading
        thread.join(DEADLINE_S)
    finally:
        os.close(reading)


def read(content: bytes) -> tuple[list[ArrivedTweet], list[RejectedRow]]:
    events: list[Event] = []
    with pipe_with(content) as descriptor:
        JsonLinesStream(descriptor).listen(events.append)
    arrivals = [event for event in events if isinstance(event, ArrivedTweet)]
    return arrivals, [event for event in events if isinstance(event, RejectedRow)]


def test_each_line_is_a_tweet() -> None:
    lines = [
        {"id": "1", "text": "late"},
        {"id": "2", "text": "later 😡", "source": "mail", "mood": "unknown field"},
    ]
    content = "\r\n".join(map(json.dumps, lines)).encode()  # without a line end after the last line
    arrivals, rejected = read(content)
    assert [arrival.tweet for arrival in arrivals] == [
        {"id": "1", "text": "late", "source": "jsonl"},
        {"id": "2", "text": "later 😡", "source": "mail"},
    ]
    assert rejected == []


GOOD = b'{"id": "1", "text": "fine"}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "Invalid JSON"),
        (b'["a", "list"]', "value: Input should be an object"),
        (b"null", "value: Input should be an object"),
        (b'{"text": "no id"}', "id: Field required"),
        (b'{"id": "", "text": "empty id"}', "id: String should have at least 1 character"),
        (b'{"id": "1"}', "text: Field required"),
        (b'{"id": [1], "text": "a list"}', "id: Input should be a valid string"),
        (b'{"id": "1", "text": 2}', "text: Input should be a valid string"),
        (
            b'{"id": "1", "text": "' + b"x" * 1_000_000 + b'"}',
            "text: String should have at most 25000 characters",
        ),
        (b'{"id": "1", "text": "\xff\xfe"}', "Invalid JSON"),
        (b'{"id": "1", "text": "t", "created_at": "0000-01-01T00:00:00Z"}', "created_at"),
        (b'{"id": "1", "text": "t", "created_at": "2026-05-01"}', "created_at"),
        (b'{"id": "1", "text": "t", "label": 4}', "label: Input should be"),
    ],
)
def test_an_invalid_line_is_rejected_alone(line: bytes, reason: str) -> None:
    arrivals, [rejected] = read(GOOD + b"\n" + line + b"\n\n" + GOOD)
    assert len(arrivals) == 2
    assert rejected.line == 2
    assert reason in rejected.reason
    assert len(rejected.reason) < 400


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    [arrival], rejected = read(rb'{"id": "1", "text": "cut \ud83d"}')
    assert (arrival.tweet["text"], rejected) == ("cut \ufffd", [])


def test_a_line_without_end_is_rejected_in_bounded_parts() -> None:
    _, rejected = read(b"x" * (3 * MAX_LINE_BYTES))
    assert max(len(part.row) for part in rejected) < 2 * MAX_LINE_BYTES
    assert len(rejected) >= 2


def test_empty_input_has_no_tweets() -> None:
    assert read(b"") == ([], [])


def test_closing_ends_a_waiting_stream() -> None:
    reading, writing = os.pipe()
    stream = JsonLinesStream(reading)
    thread = threading.Thread(target=stream.listen, args=(lambda _event: None,), daemon=True)
    thread.start()
    stream.close()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    os.close(reading)
    os.close(writing)
