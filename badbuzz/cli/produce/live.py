"""``badbuzz produce live``: send a live stream, with reconnects."""

from __future__ import annotations

import random
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from badbuzz.cli.produce.feed_options import feed_options
from badbuzz.cli.produce.options import kafka_options
from badbuzz.errors import Misconfigured
from badbuzz.settings import load_as, load_settings
from badbuzz.settings.values import EmptyMeansUnset, ServiceUrl, ServiceUrls
from badbuzz.system.signals import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from badbuzz.cli.produce.feed_options import FeedOptions
    from badbuzz.cli.produce.options import KafkaOptions
    from producer.live.state_file import StateFile
    from producer.live.stream import Stream


class LiveSettings(BaseSettings, EmptyMeansUnset):
    """Addresses and credentials of the live services."""

    model_config = SettingsConfigDict(
        env_prefix="BADBUZZ_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    x_bearer_token: SecretStr | None = None
    x_url: ServiceUrl = "https://api.x.com"
    jetstream_url: ServiceUrls = ",".join(
        f"wss://jetstream{number}.us-{coast}.bsky.network/subscribe"
        for coast in ("east", "west")
        for number in (2, 1)
    )
    """The next server is used when a connection fails."""


@click.group
def live() -> None:
    """Send a live stream to Kafka: posts from X or Bluesky, or JSON lines from standard input.

    A lost connection is made again, after waits of up to a minute. Ctrl-C stops after all read tweets are delivered. A
    source that sends no posts for a while is reported once; --metrics-port serves the times of the last post and of the
    last sign of life.
    """


@live.command
@click.option(
    "--track", required=True, multiple=True, metavar="TERM", help="Search term in X's rule language."
)
@click.option(
    "--backfill",
    type=click.IntRange(1, 5),
    metavar="MINUTES",
    help="Request these minutes again after a disconnection.",
)
@feed_options(quiet_after_s=900)
@kafka_options
def x(track: tuple[str, ...], backfill: int | None, feed: FeedOptions, options: KafkaOptions) -> None:
    """Posts from X that match at least one TERM (API v2 filtered stream).

    Needs a bearer token in BADBUZZ_X_BEARER_TOKEN. Rules of other programs on the same account are not changed.
    X offers backfill to some access levels only. Retweets have the whole text of the original. The field kind tells
    posts, replies, quotes, retweets and edits apart; original_id names the post that is repeated, quoted or edited.

    \b
    badbuzz produce live x --track '@airparadis -is:retweet' --track '"air paradis" lang:en'
    """  # noqa: D301 - click needs the backspace character
    settings = load_as(LiveSettings)
    if settings.x_bearer_token is None:
        raise Misconfigured("BADBUZZ_X_BEARER_TOKEN is not set; create a token in X's developer portal")
    token = settings.x_bearer_token

    def make_stream(_state: StateFile) -> Stream:
        from producer.live.x.x_stream import XStream

        return XStream(token, track, settings.x_url, backfill)

    _send("x", make_stream, feed, options)


@live.command
@click.option(
    "--lang", "langs", multiple=True, metavar="LANG", help="Keep posts in this language, such as en."
)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="Jetstream server; repeat it for servers to use when one fails; default: BADBUZZ_JETSTREAM_URL, or four public ones.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File for the position, so that the next run resumes there and sends no post twice.",
)
@click.option(
    "--deletes",
    is_flag=True,
    help="Also send a tweet of kind delete, without text, for each deleted post or account.",
)
@feed_options(quiet_after_s=60)
@kafka_options
def bluesky(
    langs: tuple[str, ...],
    urls: tuple[str, ...],
    state: Path | None,
    deletes: bool,
    feed: FeedOptions,
    options: KafkaOptions,
) -> None:
    """Posts from Bluesky: all, or those in some languages. Needs no account.

    Posts without text are left out. If a server no longer has the posts since the last run, or none of its messages is
    known, that is reported as a gap.

    \b
    badbuzz produce live bluesky --lang en --state bluesky.json
    """  # noqa: D301 - click needs the backspace character
    addresses = urls or [url.strip() for url in load_as(LiveSettings).jetstream_url.split(",")]

    def make_stream(state_file: StateFile) -> Stream:
        from producer.live.bluesky import BlueskyStream

        return BlueskyStream(addresses, langs, state_file.earlier_run, deletes=deletes)

    _send("bluesky", make_stream, feed, options, state)


@live.command
@feed_options(quiet_after_s=900)
@kafka_options
def stdin(feed: FeedOptions, options: KafkaOptions) -> None:
    """JSON lines from standard input.

    Each line is an object with id and text (strings), and optionally created_at (RFC 3339), author, lang, source, label,
    kind, original_id, context.

    \b
    echo '{"id": "1", "text": "Lost my bag again, thanks @airparadis"}' | badbuzz produce live stdin
    """  # noqa: D301 - click needs the backspace character

    def make_stream(_state: StateFile) -> Stream:
        from producer.live.json_lines import JsonLinesStream

        return JsonLinesStream(sys.stdin.fileno())

    _send("stdin", make_stream, feed, options)


def _send(
    name: str,
    make_stream: Callable[[StateFile], Stream],
    feed: FeedOptions,
    options: KafkaOptions,
    state: Path | None = None,
) -> None:
    from producer.kafka_publisher import KafkaPublisher
    from producer.live.forwarder import StreamForwarder
    from producer.live.reconnect import BackOff
    from producer.live.state_file import StateFile
    from producer.progress import ProgressLine
    from producer.rejected_rows import RejectsFile

    kafka = options.override(load_settings())
    state_file = StateFile(name, state)
    try:
        stream = make_stream(state_file)
    except ImportError as error:
        raise Misconfigured(f"live streams need the package {error.name}: install badbuzz[live]") from None
    with (
        stop_on_signals() as stop,
        feed.open_monitor(name) as monitor,
        closing(KafkaPublisher(kafka, stop, create_topic=options.create_topic)) as publisher,
        RejectsFile(options.choose_rejects_path(name)) as rejects_file,
        ProgressLine(name, None) as progress,
    ):
        back_off = BackOff(random.Random())  # noqa: S311 - not a secret
        forwarder = StreamForwarder(
            stream, publisher, state_file, rejects_file, back_off, stop, monitor, progress
        )
        sent = forwarder.run()
    gaps = f"; {monitor.gaps} gaps reported" if monitor.gaps else ""
    click.echo(f"sent {sent:,} tweets to {kafka.topic}; {rejects_file.summary}{gaps}")
