"""``badbuzz rates``: the current rates of each brand."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import topic_option
from badbuzz.contracts.counters import ALL_BRANDS
from badbuzz.errors import SHOWN_CHARACTERS, Retry
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from badbuzz.clients.rates import BrandRate, RateReader

DEFAULT_WINDOWS = (60, 300, 3_600)
STALE_AFTER_S = 10.0
"""Workers that keep up refresh the counters every second; older counters miss tweets."""
QUIET_AFTER_S = 60
"""A busy source sends tweets every second. If the newest one is older, the source is quiet, late or dead."""
WATCH_EVERY_S = 1.0
DAY_S = 86_400


def _read_windows(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    numbers = value.split(",")
    if not all(re.fullmatch(r"[0-9]{1,9}", number.strip()) and int(number) > 0 for number in numbers):
        raise click.BadParameter(
            f"{value[:SHOWN_CHARACTERS]!r}: expected whole seconds, separated by commas, as in 60,300"
        )
    return tuple(int(number) for number in numbers)


@click.command
@click.argument("brand", required=False)
@click.option(
    "--window",
    "windows",
    metavar="SECONDS[,...]",
    callback=_read_windows,
    help="Time windows before now. Default: 60,300,3600, within the counters' retention.",
)
@click.option("--watch", is_flag=True, help="Refresh every second until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each refresh.")
@topic_option("Topic whose tweets are counted.")
def command(
    brand: str | None, windows: tuple[int, ...] | None, watch: bool, as_json: bool, topic: str | None
) -> None:
    """Show how many tweets name BRAND, and how many of them are negative.

    Tweets of which the model could read nothing are shown as unread. They are no part of a share.

    Without BRAND: for all tweets, and for each brand named within the retention. Alerting systems read the same numbers
    from Redis: see docs/counters.md.
    """
    if watch:
        view = _open_view(brand, windows, topic)
        watch_rates = _watch_json if as_json else _watch_table
        with suppress(KeyboardInterrupt):
            watch_rates(view)
    elif as_json:
        click.echo(_open_view(brand, windows, topic).to_json())
    else:
        from rich.console import Console

        Console().print(_open_view(brand, windows, topic).to_table())


def _open_view(brand: str | None, windows: tuple[int, ...] | None, topic: str | None) -> _RatesView:
    settings = load_settings()
    from badbuzz.clients.rates import RateReader
    from badbuzz.clients.redis_client import connect_redis

    topic = topic or settings.kafka.topic
    kept = settings.redis.retention_seconds
    default = tuple(window for window in DEFAULT_WINDOWS if window <= kept)
    return _RatesView(RateReader(connect_redis(settings.redis), topic), topic, brand, windows or default)


@dataclass(frozen=True, slots=True)
class _RatesView:
    """Reads and formats the rates. Each method reads them again."""

    rates: RateReader
    topic: str
    brand: str | None
    windows: Sequence[int]

    def to_json(self) -> str:
        return json.dumps({"topic": self.topic, "rates": [_to_fields(rate) for rate in self._read_rates()]})

    def to_table(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        rates = self._read_rates()
        stale = max(rate.stale_seconds for rate in rates)
        table = Table(
            title=f"{self.topic}: share of negative tweets", style="dim" if stale > STALE_AFTER_S else ""
        )
        table.add_column("brand", overflow="fold")
        for window in self.windows:
            table.add_column(f"last {window} s", justify="right")
        for start in range(0, len(rates), len(self.windows)):
            row = rates[start : start + len(self.windows)]
            table.add_row(Text(row[0].brand), *(_format_cell(rate) for rate in row))
        last_post = max(rate.last_post_seconds or 0 for rate in rates)
        return Group(table, _format_freshness(stale, last_post))

    def _read_rates(self) -> list[BrandRate]:
        brands = [self.brand] if self.brand else [ALL_BRANDS, *sorted(self.rates.list_brands())]
        return self.rates.read(brands, self.windows)


def _to_fields(rate: BrandRate) -> dict[str, object]:
    fields = asdict(rate)
    return {{"from_s": "from", "to_s": "to"}.get(name, name): value for name, value in fields.items()}


def _format_cell(rate: BrandRate) -> str:
    known = "no tweets" if rate.rate is None else f"{rate.rate:.1%} of {rate.tweets:,}"
    return f"{known}, {rate.unread:,} unread" if rate.unread else known


def _format_freshness(stale: float, last_post: int) -> RenderableType:
    from rich.text import Text

    if stale <= STALE_AFTER_S and last_post > QUIET_AFTER_S:
        return Text(
            f"QUIET: the counters are up to date ({stale:.1f} s), and the newest tweet is at least {last_post:,} s old. "
            "Is the producer running, and is its source alive?",
            style="bold black on yellow",
        )
    if stale <= STALE_AFTER_S:
        return Text(f"up to date ({stale:.1f} s)", style="green")
    missing = f"tweets of the last {stale:,.0f} s" if stale < DAY_S else "tweets of whole partitions"
    return Text(
        f"STALE: {missing} are missing. Is a worker running, and does it keep up?",
        style="bold white on red",
    )


def _watch_json(view: _RatesView) -> None:
    while True:
        try:
            click.echo(view.to_json())
        except Retry as error:
            click.echo(json.dumps({"topic": view.topic, "error": str(error)}))
        time.sleep(WATCH_EVERY_S)


def _watch_table(view: _RatesView) -> None:
    from rich.live import Live
    from rich.text import Text

    with Live(auto_refresh=False) as live:
        while True:
            try:
                live.update(view.to_table(), refresh=True)
            except Retry as error:
                live.update(Text(str(error), style="bold red"), refresh=True)
            time.sleep(WATCH_EVERY_S)
