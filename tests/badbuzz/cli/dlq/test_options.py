"""The values of the options that select dead letters."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click
import pytest

from badbuzz.cli.dlq.options import Offsets, Pattern, TimeParameter


def to_ms(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type] # year, month and so on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", to_ms(2026, 11, 22)),
        ("2026-11-22T03:00", to_ms(2026, 11, 22, 3)),
        (" 2026-11-22T03:00:01 ", to_ms(2026, 11, 22, 3, 0, 1)),
        ("2026-11-22T03:00+01:00", to_ms(2026, 11, 22, 2)),
    ],
)
def test_a_date_is_in_utc_unless_it_names_a_zone(text: str, expected: int) -> None:
    assert TimeParameter().convert(text, None, None) == expected


def test_an_age_is_counted_back_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 10_000.0)
    assert TimeParameter().convert("2h", None, None) == 2_800_000
    assert TimeParameter().convert("1m30s", None, None) == 9_910_000


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "2 hours"])
def test_other_texts_are_not_times(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a time; write 2026-11-22T03:00"):
        TimeParameter().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "expected"), [("7", (7, 7)), ("7-20", (7, 20)), ("7-", (7, None)), ("0-0", (0, 0))]
)
def test_offsets(text: str, expected: tuple[int, int | None]) -> None:
    assert Offsets().convert(text, None, None) == expected


@pytest.mark.parametrize("text", ["", "-7", "7-x", "7--8", "7 - 8", "seven"])
def test_other_texts_are_not_offsets(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write one offset as 7"):
        Offsets().convert(text, None, None)


def test_a_pattern_is_compiled() -> None:
    assert Pattern().convert("^a+$", None, None).search("aaa")
    with pytest.raises(click.BadParameter, match="is not a regular expression"):
        Pattern().convert("(", None, None)
