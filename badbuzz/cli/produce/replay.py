"""``badbuzz produce replay``: send a file of tweets, as if they were written now."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.produce.duration import Duration
from badbuzz.cli.produce.options import (
    choose_rejects_path,
    kafka_options,
    open_publisher,
    override_kafka_settings,
)
from badbuzz.errors import Usage
from badbuzz.settings import load_settings
from badbuzz.system.signals import stop_on_signals

if TYPE_CHECKING:
    from producer.files.tweet_file import TweetFile
    from producer.replay.clock import Pace
    from producer.replay.crisis import CrisisPlan
    from producer.replay.replay import ReplaySummary


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Tweets per second; default: all it can."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="The file's own rhythm, so many times faster.",
)
@click.option("--loop", is_flag=True, help="Start anew, under new ids, when the file ends.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after so many tweets.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="What the mixture of classes is drawn from."
)
@click.option("--crisis", metavar="BRAND", help="Stage a crisis: angry tweets about this brand.")
@click.option("--at", "at_s", type=Duration(), help="When it starts; default: 30s.")
@click.option("--for", "for_s", type=Duration(), help="How long it lasts; default: 60s.")
@click.option("--share", type=click.FloatRange(0, 1), help="Its share of all tweets meanwhile; default: 0.8.")
@kafka_options
def replay(
    file: Path,
    rate: float | None,
    speed: float | None,
    loop: bool,
    limit: int | None,
    seed: int,
    crisis: str | None,
    at_s: float | None,
    for_s: float | None,
    share: float | None,
    bootstrap: str | None,
    topic: str | None,
    create_topic: bool,
    rejects: Path | None,
) -> None:
    """Send FILE to Kafka, as if its tweets were written now.

    FILE is Sentiment140 as it is distributed (the six-column CSV, plain, gzip or zip) or a Parquet file with a column
    text and, if it has them, id, label, date, user. Of a zip archive the largest .csv is read. The file is sorted by
    label and its dates are those of 2009, so classes are mixed and dates are counted from now on. Ctrl-C stops
    when everything sent has arrived.

    \b
    badbuzz produce replay training.1600000.processed.noemoticon.csv --rate 2000 --loop
    badbuzz produce replay sample.csv.gz --rate 500 --crisis airparadis --at 30s --for 2m
    """  # noqa: D301 - click looks for the backspace itself
    settings = load_settings()
    kafka = override_kafka_settings(settings, bootstrap, topic)
    plan = _plan(settings.brands, crisis, at_s, for_s, share)

    from producer.files.open_file import open_tweet_file
    from producer.progress import ProgressLine
    from producer.rejected_rows import RejectsFile
    from producer.replay.clock import ReplayClock
    from producer.replay.crisis import Crisis
    from producer.replay.replay import Replay

    tweets = open_tweet_file(file)
    try:
        pace = _pace(tweets, rate, speed)
        staged = None if plan is None else Crisis(plan, tweets, random.Random(seed))  # noqa: S311 - no secret
        with (
            stop_on_signals() as stop,
            open_publisher(kafka, stop, create_topic=create_topic) as publisher,
            RejectsFile(choose_rejects_path(rejects, file.name)) as rejected,
            ProgressLine(file.name, _total(tweets, limit, loop=loop)) as progress,
        ):
            run = Replay(
                tweets, publisher, ReplayClock(pace, stop), rejected, stop, seed, loop, limit, staged
            )
            summary = run.run(progress)
    finally:
        tweets.close()
    click.echo(_report(summary, kafka.topic, rejected.summary, plan))


def _plan(
    brands: str | None, crisis: str | None, at_s: float | None, for_s: float | None, share: float | None
) -> CrisisPlan | None:
    from producer.replay.crisis import CrisisPlan

    if crisis is None:
        if (at_s, for_s, share) != (None, None, None):
            raise Usage("--at, --for and --share belong to a crisis; name its brand with --crisis BRAND")
        return None
    return CrisisPlan(
        mention=_mention(brands, crisis),
        at_s=30.0 if at_s is None else at_s,
        for_s=60.0 if for_s is None else for_s,
        share=0.8 if share is None else share,
    )


def _mention(brands: str | None, name: str) -> str:
    """What tweets call the brand: by the brand file if there is one, so that the workers will recognise it."""
    if brands is None:
        if not re.fullmatch(r"@?\w+", name):
            raise Usage(
                f"--crisis {name}: no handle that a tweet could mention; give one, such as airparadis"
            )
        return f"@{name.removeprefix('@')}"
    from badbuzz.brands import read_brands

    known = {brand.name: brand for brand in read_brands(brands)}
    if name not in known:
        raise Usage(f"--crisis {name}: no such brand in {brands}; it has {', '.join(sorted(known)[:10])}")
    return known[name].terms[0]


def _pace(file: TweetFile, rate: float | None, speed: float | None) -> Pace:
    from producer.replay.clock import AsFastAsPossible, Rate, Speed

    if rate is not None and speed is not None:
        raise Usage(f"--rate {rate:g} and --speed {speed:g} contradict each other; give one of them")
    if rate is not None:
        return Rate(rate)
    if speed is None:
        return AsFastAsPossible()
    dates = file.read_dates()
    if not dates:
        raise Usage(f"--speed {speed:g} needs dates, and the file has none; use --rate")
    return Speed(dates, sum(file.count_rows().values()), speed)


def _total(file: TweetFile, limit: int | None, *, loop: bool) -> int | None:
    rows = sum(file.count_rows().values())
    if loop or limit is None:
        return limit if loop else rows
    return min(limit, rows)


def _report(summary: ReplaySummary, topic: str, rejected: str, plan: CrisisPlan | None) -> str:
    sent = f"sent {summary.sent:,} tweets to {topic} in {summary.seconds:.1f} s ({summary.per_second:,.0f}/s)"
    crisis = f", {summary.in_crisis:,} of them in the crisis of {plan.mention}" if plan else ""
    return f"{sent}{crisis}; {rejected}"
