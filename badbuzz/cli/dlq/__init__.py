"""``badbuzz dlq``: show, replay and discard dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from badbuzz.cli.dlq.options import SHOWN, confirm_options, filter_options, kafka_option
from badbuzz.cli.options import LARGEST
from badbuzz.errors import DependencyDown, Retry
from badbuzz.system.signals import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from badbuzz.settings import KafkaSettings
    from worker.dead_letters.filter import DeadLetterFilter
    from worker.dead_letters.reader import DeadLetterListing
    from worker.dead_letters.record_writer import RecordWriter
    from worker.dead_letters.stored_dead_letter import StoredDeadLetter

    Handle = Callable[[Sequence[StoredDeadLetter], RecordWriter, str], Iterator[int]]


@click.group(epilog="docs/dead-letters.md describes these commands and what a replay guarantees.")
def command() -> None:
    """Show, replay and discard dead letters: records that could not be scored."""


@command.command(short_help="Show dead letters and their reasons.")
@filter_options
@click.option("--handled", is_flag=True, help="Also show letters that were replayed or discarded.")
@click.option(
    "--limit",
    type=click.IntRange(1, LARGEST),
    metavar="N",
    help=f"Show the latest N. Default: {SHOWN}; with --json, all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each letter.")
@kafka_option
def show(
    kafka: KafkaSettings, letter_filter: DeadLetterFilter, handled: bool, limit: int | None, as_json: bool
) -> None:
    """Show dead letters: the number for each reason, then the latest letters."""
    from badbuzz.cli.dlq.tables import print_json, print_latest, print_reasons, print_summary

    listing = _read(kafka, letter_filter)
    letters = [letter for letter in listing.letters if handled or not letter.handled]
    if as_json:
        print_json(letters[-limit:] if limit else letters)
        return
    if letters:
        print_reasons(letters)
        print_latest(letters[-(limit or SHOWN) :])
    print_summary(kafka.dead_letter_topic, listing, shown=len(letters))


@command.command(short_help="Write records to their topic again, to be scored again.")
@filter_options
@click.option("--handled", is_flag=True, help="Also replay letters that were replayed or discarded before.")
@confirm_options
@kafka_option
def replay(
    kafka: KafkaSettings, letter_filter: DeadLetterFilter, handled: bool, dry_run: bool, yes: bool
) -> None:
    """Write the records of dead letters to their topic again, with the same key, value and id, at a new offset.

    Replay when the cause is fixed. A record that fails again becomes a new letter. Ctrl-C stops after the current batch of
    100. If the command is killed, up to 100 records may have been written while their letters still wait; the next replay
    writes these records twice.
    """
    from worker.dead_letters.replay import replay_dead_letters

    letters = [letter for letter in _read(kafka, letter_filter).letters if handled or not letter.handled]
    _handle(kafka, letters, replay_dead_letters, "replay", dry_run=dry_run, yes=yes)


@command.command(short_help="Mark letters as needing no further action.")
@filter_options
@confirm_options
@kafka_option
def discard(kafka: KafkaSettings, letter_filter: DeadLetterFilter, dry_run: bool, yes: bool) -> None:
    """Mark dead letters as needing no further action.

    They stay on their topic until Kafka's retention deletes them: `show --handled` still shows them, and
    `replay --handled` can replay them.
    """
    from worker.dead_letters.replay import discard_dead_letters

    letters = [letter for letter in _read(kafka, letter_filter).letters if not letter.handled]
    _handle(kafka, letters, discard_dead_letters, "discard", dry_run=dry_run, yes=yes)


def _read(kafka: KafkaSettings, letter_filter: DeadLetterFilter) -> DeadLetterListing:
    from worker.dead_letters.reader import read_dead_letters
    from worker.source.log_reader import LogReader
    from worker.source.topics import check_topic_readable

    try:
        check_topic_readable(kafka, kafka.dead_letter_topic)
        with LogReader(kafka, "badbuzz-dlq") as log:
            return read_dead_letters(log, kafka.dead_letter_topic, kafka.topic, letter_filter.matches)
    except Retry as error:
        raise DependencyDown(f"{error}; is it running?") from None


def _handle(
    kafka: KafkaSettings,
    letters: Sequence[StoredDeadLetter],
    handle: Handle,
    verb: str,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    from badbuzz.cli.dlq.tables import print_reasons

    if not letters:
        click.echo(f"no dead letter to {verb}")
        return
    print_reasons(letters)
    question = f"{verb} these {len(letters):,} letters of {kafka.topic!r}"
    if dry_run:
        click.echo(f"without --dry-run: {question}")
    elif yes or click.confirm(f"{question}?"):
        _carry_out(kafka, letters, handle, verb)
    else:
        click.echo("nothing was done")


def _carry_out(kafka: KafkaSettings, letters: Sequence[StoredDeadLetter], handle: Handle, verb: str) -> None:
    from worker.dead_letters.record_writer import KafkaRecordWriter

    done = 0
    try:
        with stop_on_signals() as stop, KafkaRecordWriter(kafka, "badbuzz-dlq") as writer:
            for count in handle(letters, writer, kafka.dead_letter_topic):
                done += count
                if stop.is_set():
                    break
    finally:
        click.echo(f"{verb}ed {done:,} of {len(letters):,} letters")
