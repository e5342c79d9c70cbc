"""``badbuzz rates``: what people feel about each brand, now."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from badbuzz.cli.topic_name import read_topic
from badbuzz.contracts.counters import ALL_BRANDS
from badbuzz.errors import Retry
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from badbuzz.clients.rates import Rate, RateReader

DEFAULT_WINDOWS = (60, 300, 3_600)
STALE_AFTER_S = 10.0
"""Workers that keep up say so every second; counters older than this miss tweets."""
WATCH_EVERY_S = 1.0
DAY_S = 86_400


def _read_windows(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    pieces = value.split(",")
    if not all(piece.strip().isdecimal() and int(piece) > 0 for piece in pieces):
        raise click.BadParameter(f"{value!r}: expected whole seconds, separated by commas, as in 60,300")
    return tuple(int(piece) for piece in pieces)


@click.command
@click.argument("brand", required=False)
@click.option(
    "--window",
    "windows",
    metavar="SECONDS[,...]",
    callback=_read_windows,
    help="How far to look back. Default: 60,300,3600, as far as the counters are kept.",
)
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each look.")
@click.option("--topic", metavar="NAME", callback=read_topic, help="Topic whose tweets are counted.")
def command(
    brand: str | None, windows: tuple[int, ...] | None, watch: bool, as_json: bool, topic: str | None
) -> None:
    """Show how many tweets name BRAND, and how many of them are negative.

    Without BRAND: for all tweets, and for each brand that was named lately. Alerting systems read the same numbers
    straight from Redis: see docs/counters.md.
    """
    if watch:
        with suppress(KeyboardInterrupt):
            _watch(_glance(brand, windows, topic), as_json=as_json)
    elif as_json:
        click.echo(_glance(brand, windows, topic).as_json())
    else:
        from rich.console import Console

        Console().print(_glance(brand, windows, topic).as_table())


def _glance(brand: str | None, windows: tuple[int, ...] | None, topic: str | None) -> _Glance:
    settings = load_settings()
    from badbuzz.clients.rates import RateReader
    from badbuzz.clients.redis_client import connect_redis

    topic = topic or settings.kafka.topic
    kept = settings.redis.retention_seconds
    default = tuple(window for window in DEFAULT_WINDOWS if window <= kept)
    return _Glance(RateReader(connect_redis(settings.redis), topic), topic, brand, windows or default)


@dataclass(frozen=True, slots=True)
class _Glance:
    """What one look shows; each ``as_`` method looks anew."""

    rates: RateReader
    topic: str
    brand: str | None
    windows: Sequence[int]

    def as_json(self) -> str:
        return json.dumps({"topic": self.topic, "rates": [_fields(rate) for rate in self._look()]})

    def as_table(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        rates = self._look()
        stale = max(rate.stale_seconds for rate in rates)
        table = Table(
            title=f"{self.topic}: share of negative tweets", style="dim" if stale > STALE_AFTER_S else ""
        )
        table.add_column("brand", overflow="fold")
        for window in self.windows:
            table.add_column(f"last {window} s", justify="right")
        for start in range(0, len(rates), len(self.windows)):
            row = rates[start : start + len(self.windows)]
            table.add_row(Text(row[0].brand), *(_cell(rate) for rate in row))
        return Group(table, _freshness(stale))

    def _look(self) -> list[Rate]:
        brands = [self.brand] if self.brand else [ALL_BRANDS, *sorted(self.rates.list_brands())]
        return self.rates.read(brands, self.windows)


def _fields(rate: Rate) -> dict[str, object]:
    fields = asdict(rate)
    return {{"from_s": "from", "to_s": "to"}.get(name, name): value for name, value in fields.items()}


def _cell(rate: Rate) -> str:
    if rate.rate is None:
        return "no tweets"
    return f"{rate.rate:.1%} of {rate.tweets:,}"


def _freshness(stale: float) -> RenderableType:
    from rich.text import Text

    if stale <= STALE_AFTER_S:
        return Text(f"up to date ({stale:.1f} s)", style="green")
    missing = f"tweets of the last {stale:,.0f} s" if stale < DAY_S else "tweets of whole partitions"
    return Text(
        f"STALE: {missing} are missing here. Is a worker running, and does it keep up?",
        style="bold white on red",
    )


def _watch(glance: _Glance, *, as_json: bool) -> None:
    if as_json:
        _watch_json(glance)
    else:
        _watch_table(glance)


def _watch_json(glance: _Glance) -> None:
    while True:
        try:
            click.echo(glance.as_json())
        except Retry as error:
            click.echo(json.dumps({"topic": glance.topic, "error": str(error)}))
        time.sleep(WATCH_EVERY_S)


def _watch_table(glance: _Glance) -> None:
    from rich.live import Live
    from rich.text import Text

    with Live(auto_refresh=False) as live:
        while True:
            try:
                live.update(glance.as_table(), refresh=True)
            except Retry as error:
                live.update(Text(str(error), style="bold red"), refresh=True)
            time.sleep(WATCH_EVERY_S)
