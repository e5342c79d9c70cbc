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

from badbuzz.cli.produce.options import kafka_options
from badbuzz.errors import Misconfigured
from badbuzz.settings import load_as, load_settings
from badbuzz.settings.values import ServiceUrl
from badbuzz.system.signals import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from badbuzz.cli.produce.options import KafkaOptions
    from producer.live.stream import Stream


class LiveSettings(BaseSettings):
    """Addresses and credentials of the live services."""

    model_config = SettingsConfigDict(
        env_prefix="BADBUZZ_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    x_bearer_token: SecretStr | None = None
    x_url: ServiceUrl = "https://api.x.com"
    jetstream_url: ServiceUrl = "wss://jetstream2.us-east.bsky.network/subscribe"


@click.group
def live() -> None:
    """Send a live stream to Kafka: posts from X or Bluesky, or JSON lines from standard input.

    A lost connection is made again, after waits of up to a minute. Ctrl-C stops after all read tweets are delivered.
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
@kafka_options
def x(track: tuple[str, ...], backfill: int | None, options: KafkaOptions) -> None:
    """Posts from X that match at least one TERM (API v2 filtered stream).

    Needs a bearer token in BADBUZZ_X_BEARER_TOKEN. Rules of other programs on the same account are not changed.
    X offers backfill to some access levels only.

    \b
    badbuzz produce live x --track '@airparadis -is:retweet' --track '"air paradis" lang:en'
    """  # noqa: D301 - click needs the backspace character
    settings = load_as(LiveSettings)
    if settings.x_bearer_token is None:
        raise Misconfigured("BADBUZZ_X_BEARER_TOKEN is not set; create a token in X's developer portal")
    token = settings.x_bearer_token

    def make_stream(_cursor: int | None) -> Stream:
        from producer.live.x import XStream

        return XStream(token, track, settings.x_url, backfill)

    _send("x", make_stream, options)


@live.command
@click.option(
    "--lang", "langs", multiple=True, metavar="LANG", help="Keep posts in this language, such as en."
)
@click.option(
    "--url", metavar="URL", help="Jetstream server; default: BADBUZZ_JETSTREAM_URL, or a public server."
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File for the cursor, so that the next run resumes there.",
)
@kafka_options
def bluesky(langs: tuple[str, ...], url: str | None, state: Path | None, options: KafkaOptions) -> None:
    """Posts from Bluesky: all, or those in some languages. Needs no account.

    \b
    badbuzz produce live bluesky --lang en --state bluesky.json
    """  # noqa: D301 - click needs the backspace character
    address = url or load_as(LiveSettings).jetstream_url

    def make_stream(cursor: int | None) -> Stream:
        from producer.live.bluesky import BlueskyStream

        return BlueskyStream(address, langs, cursor)

    _send("bluesky", make_stream, options, state)


@live.command
@kafka_options
def stdin(options: KafkaOptions) -> None:
    """JSON lines from standard input.

    Each line is an object with id and text (strings), and optionally created_at (RFC 3339), author, lang, source, label.

    \b
    echo '{"id": "1", "text": "Lost my bag again, thanks @airparadis"}' | badbuzz produce live stdin
    """  # noqa: D301 - click needs the backspace character

    def make_stream(_cursor: int | None) -> Stream:
        from producer.live.json_lines import JsonLinesStream

        return JsonLinesStream(sys.stdin.fileno())

    _send("stdin", make_stream, options)


def _send(
    name: str,
    make_stream: Callable[[int | None], Stream],
    options: KafkaOptions,
    state: Path | None = None,
) -> None:
    from producer.kafka_publisher import KafkaPublisher
    from producer.live.cursor_file import CursorFile
    from producer.live.forwarder import StreamForwarder
    from producer.live.reconnect import BackOff
    from producer.progress import ProgressLine
    from producer.rejected_rows import RejectsFile

    kafka = options.override(load_settings())
    cursor_file = CursorFile(name, state)
    try:
        stream = make_stream(cursor_file.cursor)
    except ImportError as error:
        raise Misconfigured(f"live streams need the package {error.name}: install badbuzz[live]") from None
    with (
        stop_on_signals() as stop,
        closing(KafkaPublisher(kafka, stop, create_topic=options.create_topic)) as publisher,
        RejectsFile(options.choose_rejects_path(name)) as rejects_file,
        ProgressLine(name, None) as progress,
    ):
        back_off = BackOff(random.Random())  # noqa: S311 - not a secret
        sent = StreamForwarder(stream, publisher, cursor_file, rejects_file, back_off, stop, progress).run()
    click.echo(f"sent {sent:,} tweets to {kafka.topic}; {rejects_file.summary}")
