"""``badbuzz compact``: merge the small files of closed days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import topic_option
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from worker.compact.report import CompactionReport, DayReport

_MEGABYTE = 1_000_000

_SILENCE_S = 300.0
"""A merged file is sent in one request, during which the server sends nothing. 256 MB need a link of 1 MB/s."""


@click.command
@topic_option("Topic whose files to merge. Default: BADBUZZ_KAFKA__TOPIC.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Merge this day only. Default: all closed days."
)
@click.option(
    "--target-mb",
    type=click.IntRange(1, 2_000),
    default=256,
    show_default=True,
    help="Approximate size of merged files.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(topic: str | None, day: datetime | None, target_mb: int, dry_run: bool, as_json: bool) -> int:
    r"""Merge the small Parquet files of closed days.

    A day is closed when the last file of every partition belongs to a later day. Workers, readers and another
    `badbuzz compact` may run at the same time. If it is killed, nothing is lost, and the next run continues.

    \b
    Exit codes: 0 done, or nothing to do; 65 a day was left unchanged, because
    one of its files is damaged or missing; 75 the storage is unavailable;
    78 the storage does not honour create-if-absent.
    """
    from badbuzz.clients.scored_store import open_scored_store
    from worker.compact.compaction import Compaction

    settings = load_settings()
    store = open_scored_store(settings.scored.url, settings.scored.chain_url, silence_s=_SILENCE_S)
    if not dry_run:
        store.check()
    compaction = Compaction(store, topic or settings.kafka.topic, target_mb * _MEGABYTE)
    report = compaction.run(day.date() if day else None, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(report.to_json()))
    else:
        _show(report)
    return report.exit_code


def _show(report: CompactionReport) -> None:
    shown = [day for day in report.days if day.state != "done"]
    for day in shown:
        click.echo(f"{day.day}  {day.state:<9}  {_describe_day(report.topic, day)}")
    click.echo(f"{len(report.days) - len(shown)} other days have no files to merge")


def _describe_day(topic: str, day: DayReport) -> str:
    if day.problem:
        return day.problem
    if day.held_by:
        partitions = ", ".join(f"{topic}-{partition}" for partition in day.held_by)
        return f"{day.before.files} files; the last file of {partitions} is of that day"
    summary = (
        f"{day.before.files:,} → {day.after.files:,} files, {day.before.bytes / _MEGABYTE:,.1f} → "
        f"{day.after.bytes / _MEGABYTE:,.1f} MB, {day.rows:,} rows merged"
    )
    if day.in_one_step is False:
        return f"{summary}; for a moment, readers that listed the folder saw rows twice"
    return summary
