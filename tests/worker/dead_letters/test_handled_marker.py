"""Markers of handled dead letters."""

from __future__ import annotations

import pytest

from worker.dead_letters.handled_marker import read_marker


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("badbuzz.dlq.handled", b"eaten"), ("badbuzz.dlq.letter.topic", b"tweets")],
        [("badbuzz.dlq.handled", b"replayed"), ("badbuzz.dlq.letter.topic", b"tweets")],
        [("badbuzz.dlq.handled", None)],
    ],
)
def test_other_headers_are_not_a_marker(headers: list[tuple[str, bytes | None]]) -> None:
    assert read_marker(headers) is None
