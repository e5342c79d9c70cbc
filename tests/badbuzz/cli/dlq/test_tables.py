"""The tables and JSON lines of ``badbuzz dlq``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from badbuzz.cli.dlq.tables import print_json, print_latest, print_reasons, print_summary
from worker.dead_letters.reader import DeadLetterListing
from worker.dead_letters.stored_dead_letter import RecordPosition, StoredDeadLetter

LETTER = StoredDeadLetter(
    RecordPosition("tweets", 3, 7), "decode", "id: missing (got 1)", 1_700_000_000_000, 0, 0, b"key", b"value"
)


def print_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_reasons_are_sorted_by_frequency(capsys: pytest.CaptureFixture[str]) -> None:
    rare = replace(LETTER, stage="score", message="rare")
    print_reasons(
        [rare, LETTER, replace(LETTER, message="id: missing (got 2)", written_ms=1_700_000_060_000)]
    )
    first, second = print_lines(capsys)[-2:]
    assert first.split(maxsplit=5) == [
        "2",
        "2023-11-14",
        "22:13:20",
        "2023-11-14",
        "22:14:20",
        "decode: id: missing",
    ]
    assert second.split()[0] == "1"


def test_the_latest_letters_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    again = replace(
        LETTER, handled="replayed", replay_of=RecordPosition("tweets", 0, 1), message="x" * 500 + "\x1b[31m"
    )
    print_latest([LETTER, again])
    first, second = print_lines(capsys)[-2:]
    assert first.split(maxsplit=5) == ["3", "7", "2023-11-14", "22:13:20", "decode", "id: missing (got 1)"]
    assert "[replayed] [replay of tweets-0@1] xxx" in second
    assert second.endswith("…")


@pytest.mark.parametrize(
    ("shown", "foreign", "lines"),
    [
        (2, 0, ["2 letters on 'dlq'"]),
        (0, 0, ["0 letters on 'dlq'", "2 more were replayed or discarded: --handled shows them"]),
        (
            2,
            5,
            [
                "2 letters on 'dlq'",
                "5 records of this topic are not shown: they are about another topic, or not from Bad Buzz",
            ],
        ),
    ],
)
def test_a_summary_counts_what_is_not_shown(
    capsys: pytest.CaptureFixture[str], shown: int, foreign: int, lines: list[str]
) -> None:
    print_summary("dlq", DeadLetterListing((LETTER, LETTER), foreign), shown=shown)
    assert print_lines(capsys) == lines


def read_json(letter: StoredDeadLetter, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    print_json([letter])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_json_has_all_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_json(LETTER, capsys) == {
        "topic": "tweets",
        "partition": 3,
        "offset": 7,
        "stage": "decode",
        "message": "id: missing (got 1)",
        "written_at": "2023-11-14T22:13:20.000+00:00",
        "handled": None,
        "replay_of": None,
        "key": "key",
        "value": "value",
    }


def test_json_keeps_every_byte(capsys: pytest.CaptureFixture[str]) -> None:
    found = read_json(replace(LETTER, key=None, value=b"\xff\x00"), capsys)
    assert (found["key"], found["value_base64"], "value" in found) == (None, "/wA=", False)
