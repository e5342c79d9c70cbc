"""``badbuzz produce replay``: send a file of tweets with current dates."""

from __future__ import annotations

import random
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import LARGEST, LARGEST_RATE, SEED, SMALLEST_RATE, Duration, FiniteFloatRange
from badbuzz.cli.produce.options import kafka_options
from badbuzz.errors import Usage
from badbuzz.settings import load_settings
from badbuzz.system.signals import stop_on_signals

if TYPE_CHECKING:
    from badbuzz.cli.produce.options import KafkaOptions
    from producer.files.tweet_file import TweetFile
    from producer.replay.clock import Pace
    from producer.replay.crisis import CrisisPlan
    from producer.replay.replay import ReplaySummary


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--rate",
    type=FiniteFloatRange(SMALLEST_RATE, LARGEST_RATE),
    help="Tweets per second; default: as many as possible.",
)
@click.option(
    "--speed",
    type=FiniteFloatRange(SMALLEST_RATE, LARGEST_RATE),
    help="The rhythm of the file's dates, this many times as fast.",
)
@click.option("--loop", is_flag=True, help="Start again under new ids when the file ends.")
@click.option("--limit", type=click.IntRange(1, LARGEST), metavar="N", help="Stop after N tweets.")
@click.option(
    "--seed", type=SEED, default=0, show_default=True, help="Seed of the random mixture of classes."
)
@click.option("--crisis", metavar="BRAND", help="Stage a crisis: negative tweets about this brand.")
@click.option("--at", "at_s", type=Duration(), help="Start of the crisis; default: 30s.")
@click.option("--for", "for_s", type=Duration(), help="Duration of the crisis; default: 60s.")
@click.option("--share", type=FiniteFloatRange(0, 1), help="Share of the crisis in all tweets; default: 0.8.")
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
    options: KafkaOptions,
) -> None:
    """Send the tweets of FILE to Kafka, with current dates.

    FILE is CSV with Sentiment140's six columns, or Parquet with a column text and optionally id, label, date, user. It
    may be packed with gzip or zip. From a zip archive, the largest .csv is read. Sentiment140 is sorted by label
    and dated 2009, so classes are mixed and dates count from now. Ctrl-C stops after all sent tweets are delivered.

    \b
    badbuzz produce replay training.1600000.processed.noemoticon.csv --rate 2000 --loop
    badbuzz produce replay sample.csv.gz --rate 500 --crisis airparadis --at 30s --for 2m
    """  # noqa: D301 - click needs the backspace character
    settings = load_settings()
    kafka = options.override(settings)
    plan = _make_plan(settings.brands, crisis, at_s, for_s, share)

    from producer.files.open_file import open_tweet_file
    from producer.kafka_publisher import KafkaPublisher
    from producer.progress import ProgressLine
    from producer.rejected_rows import RejectsFile
    from producer.replay.clock import ReplayClock
    from producer.replay.crisis import Crisis
    from producer.replay.replay import Replay

    tweets = open_tweet_file(file)
    try:
        pace = _make_pace(tweets, rate, speed)
        crisis_tweets = None if plan is None else Crisis(plan, tweets, random.Random(seed))  # noqa: S311 - not a secret
        with (
            stop_on_signals() as stop,
            closing(KafkaPublisher(kafka, stop, create_topic=options.create_topic)) as publisher,
            RejectsFile(options.choose_rejects_path(file.name)) as rejects_file,
            ProgressLine(file.name, _count_tweets(tweets, limit, loop=loop)) as progress,
        ):
            run = Replay(
                tweets,
                publisher,
                ReplayClock(pace, stop),
                rejects_file,
                stop,
                seed,
                loop,
                limit,
                crisis_tweets,
            )
            summary = run.run(progress)
    finally:
        tweets.close()
    click.echo(_format_summary(summary, kafka.topic, rejects_file.summary, plan))


def _make_plan(
    brands: str | None, crisis: str | None, at_s: float | None, for_s: float | None, share: float | None
) -> CrisisPlan | None:
    from producer.replay.crisis import CrisisPlan

    if crisis is None:
        if (at_s, for_s, share) != (None, None, None):
            raise Usage("--at, --for and --share need a crisis; name its brand with --crisis BRAND")
        return None
    return CrisisPlan(
        mention=_choose_mention(brands, crisis),
        at_s=30.0 if at_s is None else at_s,
        for_s=60.0 if for_s is None else for_s,
        share=0.8 if share is None else share,
    )


def _choose_mention(brands: str | None, name: str) -> str:
    """Return the mention of the brand: a term of the brand file if there is one, so that workers find it."""
    if brands is None:
        if not re.fullmatch(r"@?\w+", name):
            raise Usage(f"--crisis {name}: not a handle; give one, such as airparadis")
        return f"@{name.removeprefix('@')}"
    from badbuzz.brands import read_brands

    known = {brand.name: brand for brand in read_brands(brands)}
    if name not in known:
        raise Usage(
            f"--crisis {name}: no such brand in {brands}; the file has {', '.join(sorted(known)[:10])}"
        )
    brand = known[name]
    return next((term for term in brand.terms if term not in brand.options), brand.terms[0])


def _make_pace(file: TweetFile, rate: float | None, speed: float | None) -> Pace:
    from producer.replay.clock import Speed, all_at_once, fixed_rate

    if rate is not None and speed is not None:
        raise Usage(f"--rate {rate:g} and --speed {speed:g} contradict each other; give one of them")
    if rate is not None:
        return fixed_rate(rate)
    if speed is None:
        return all_at_once
    dates = file.read_dates()
    if not dates:
        raise Usage(f"--speed {speed:g} needs dates, but the file has none; use --rate")
    return Speed(dates, sum(file.count_rows().values()), speed)


def _count_tweets(file: TweetFile, limit: int | None, *, loop: bool) -> int | None:
    rows = sum(file.count_rows().values())
    if loop or limit is None:
        return limit if loop else rows
    return min(limit, rows)


def _format_summary(summary: ReplaySummary, topic: str, rejected: str, plan: CrisisPlan | None) -> str:
    sent = f"sent {summary.sent:,} tweets to {topic} in {summary.seconds:.1f} s ({summary.per_second:,.0f}/s)"
    crisis = f", {summary.in_crisis:,} of them in the crisis of {plan.mention}" if plan else ""
    return f"{sent}{crisis}; {rejected}"
