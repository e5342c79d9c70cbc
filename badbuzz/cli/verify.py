"""``badbuzz verify``: prove that nothing was lost and nothing counted twice."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import topic_option
from badbuzz.errors import DependencyDown, Retry
from badbuzz.settings import Settings, load_settings

if TYPE_CHECKING:
    from worker.verify.report import PartitionReport, VerificationReport, Violation


@click.command
@topic_option("Topic to verify. Default: BADBUZZ_KAFKA__TOPIC.")
@click.option("--kafka/--no-kafka", default=True, help="Compare with the topic and its dead letters.")
@click.option("--redis/--no-redis", default=True, help="Compare with the counters.")
@click.option("--deep", is_flag=True, help="Read every record of the topic and every byte of the files.")
@click.option(
    "--complete", is_flag=True, help="Report records that wait to be scored or published (exit 75)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(topic: str | None, kafka: bool, redis: bool, deep: bool, complete: bool, as_json: bool) -> int:
    r"""Prove that topic, Parquet and Redis agree.

    Every offset must be in Parquet exactly once: as a row, as rejected (and named by a dead letter), or in a gap with its
    reason. The counters must equal the rows and, while workers run, what they have counted since. Otherwise the first
    wrong offset is reported.

    \b
    Exit codes: 0 proven, 65 something is wrong, 69 a dependency is down,
    75 not everything can be compared yet: a partition has records and no chain, counters are behind Parquet,
    or, with --no-kafka, no chain is there to check;
    with --complete also: records wait to be scored or published.
    """
    if not kafka and (deep or complete):
        raise click.UsageError("--deep and --complete need Kafka; leave out --no-kafka")
    settings = load_settings()
    if topic:
        settings = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"topic": topic})})
    try:
        report = _verify(settings, kafka=kafka, redis=redis, deep=deep, complete=complete)
    except Retry as error:
        raise DependencyDown(f"{error}; start it, or skip it: see `badbuzz verify --help`") from None
    if as_json:
        click.echo(json.dumps(report.to_json()))
    else:
        _show(report)
    return report.exit_code


def _verify(
    settings: Settings, *, kafka: bool, redis: bool, deep: bool, complete: bool
) -> VerificationReport:
    from badbuzz.clients.redis_client import connect_redis
    from badbuzz.clients.scored_store import open_scored_store
    from worker.source.topics import check_topic_readable, describe_topic
    from worker.verify.redis_counters import RedisCounterReader
    from worker.verify.topic_reader import TopicReader
    from worker.verify.verification import Verification

    name = settings.kafka.topic
    store = open_scored_store(settings.scored.url, settings.scored.chain_url)
    with ExitStack() as stack:
        topic = None
        if kafka:
            check_topic_readable(settings.kafka, settings.kafka.dead_letter_topic)
            topic = describe_topic(settings.kafka, name), stack.enter_context(TopicReader(settings.kafka))
        counts = (
            RedisCounterReader(stack.enter_context(connect_redis(settings.redis)), name) if redis else None
        )
        return Verification(store, name, topic, counts).run(deep=deep, complete=complete)


def _show(report: VerificationReport) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    columns = ("partition", "from", "to", "files", "rows", "rejected", "gaps", "lag")
    table = Table(title=f"topic {report.topic}", title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for part in report.partitions:
        table.add_row(*_cells(part))
    Console(highlight=False).print(table)
    for proof in report.proven:
        click.echo(f"proven      {proof}")
    for reason in report.unsettled:
        click.secho(f"unsettled   {reason}", fg="yellow")
    for note in report.notes:
        click.echo(f"note        {note}")
    for violation in report.violations:
        click.secho(f"VIOLATION   {_where(report.topic, violation)}{violation.problem}", fg="red", bold=True)
    if report.lag is not None:
        click.echo(f"lag         {report.lag:,}")
    click.echo(f"verdict     {report.verdict}")


def _cells(part: PartitionReport) -> list[str]:
    totals = part.totals
    numbers = (part.start, part.end, part.files, totals.rows, totals.rejected, part.absent, part.lag)
    return [str(part.partition), *("-" if number is None else f"{number:,}" for number in numbers)]


def _where(topic: str, violation: Violation) -> str:
    if violation.partition is None:
        return ""
    offset = "" if violation.offset is None else f" at offset {violation.offset}"
    return f"{topic}-{violation.partition}{offset}: "
