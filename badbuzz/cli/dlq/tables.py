"""The tables and JSON lines that ``badbuzz dlq`` prints."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from worker.dead_letters.reader import DeadLetterListing
    from worker.dead_letters.stored_dead_letter import RecordPosition, StoredDeadLetter


def print_reasons(letters: Iterable[StoredDeadLetter]) -> None:
    """Print the number of letters for each reason, the most frequent first."""
    found: dict[str, list[StoredDeadLetter]] = defaultdict(list)
    for letter in letters:
        found[letter.reason].append(letter)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("letters", justify="right")
    for column in ("first (UTC)", "last (UTC)"):
        table.add_column(column, no_wrap=True)
    table.add_column("reason", overflow="fold")
    for reason, alike in sorted(found.items(), key=lambda item: -len(item[1])):
        times = [letter.written_ms for letter in alike]
        table.add_row(f"{len(alike):,}", _clock(min(times)), _clock(max(times)), _plain(reason))
    _console().print(table)


def print_latest(letters: Iterable[StoredDeadLetter]) -> None:
    """Print one line for each letter."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("partition", "offset"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("written (UTC)", "stage"):
        table.add_column(column, no_wrap=True)
    table.add_column("message")
    for letter in letters:
        table.add_row(
            str(letter.record.partition),
            str(letter.record.offset),
            _clock(letter.written_ms),
            _plain(letter.stage),
            _one_line(_plain(_history(letter) + letter.message)),
        )
    _console().print(table)


def print_summary(dead_letter_topic: str, listing: DeadLetterListing, *, shown: int) -> None:
    """Print the numbers of letters that are shown, hidden, and not about this topic."""
    hidden = len(listing.letters) - shown
    click.echo(f"{shown:,} letters on {dead_letter_topic!r}")
    if hidden:
        click.echo(f"{hidden:,} more were replayed or discarded: --handled shows them")
    if listing.foreign:
        click.echo(
            f"{listing.foreign:,} records of this topic are not shown: they are about another topic, or not from Bad Buzz"
        )


def print_json(letters: Sequence[StoredDeadLetter]) -> None:
    """Print one line of JSON for each letter, with all its fields."""
    for letter in letters:
        click.echo(json.dumps(_fields(letter)))


def _fields(letter: StoredDeadLetter) -> dict[str, Any]:
    return {
        **_place(letter.record),
        "stage": letter.stage,
        "message": letter.message,
        "written_at": _moment(letter.written_ms).isoformat(timespec="milliseconds"),
        "handled": letter.handled,
        "replay_of": _place(letter.replay_of) if letter.replay_of else None,
        **_bytes("key", letter.key),
        **_bytes("value", letter.value),
    }


def _place(origin: RecordPosition) -> dict[str, Any]:
    return {"topic": origin.topic, "partition": origin.partition, "offset": origin.offset}


def _bytes(name: str, value: bytes | None) -> dict[str, str | None]:
    """Return bytes as text, or in base64 under another name if they are not text, so that no byte is lost."""
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def _history(letter: StoredDeadLetter) -> str:
    history = [letter.handled, f"replay of {letter.replay_of}" if letter.replay_of else None]
    return "".join(f"[{one}] " for one in history if one)


def _plain(text: str) -> Text:
    """Return external text without control characters, which a terminal would execute."""
    return Text("".join(c if c.isprintable() else "?" for c in text))


def _one_line(text: Text) -> Text:
    """Truncate text at the terminal's width. (A column that does not wrap would make the others narrow instead.)"""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _clock(milliseconds: int) -> str:
    return f"{_moment(milliseconds):%Y-%m-%d %H:%M:%S}"


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


_PIPE_WIDTH = 160
"""The width if the output is not a terminal: rich would use 80."""
