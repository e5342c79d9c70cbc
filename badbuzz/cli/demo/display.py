"""Displays a run: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from badbuzz.cli.demo.alerts import CLEAR_AT, RAISE_AT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rich.console import Console, RenderableType

    from badbuzz.cli.demo.snapshot import Snapshot
    from badbuzz.clients.rates import BrandRate

BARS: Final = "▁▂▃▄▅▆▇█"
HISTORY: Final = 48
_PLAIN_EVERY_S: Final = 2.0


class PlainDisplay:
    """Prints a line every two seconds, for logs, CI and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, snapshot: Snapshot, alerting: Collection[str]) -> None:
        """Print a line if two seconds have passed since the last one."""
        if snapshot.elapsed_s < self._next_s:
            return
        self._next_s = snapshot.elapsed_s + _PLAIN_EVERY_S
        rates = (
            f"{rate.brand} {_percent(rate)}{'!' if rate.brand in alerting else ''}" for rate in snapshot.rates
        )
        self.print_line(f"{format_headline(snapshot)}  negative: {', '.join(rates) or 'none counted yet'}")

    def print_line(self, line: str, style: str = "") -> None:
        """Print a line without wrapping it."""
        self._console.print(Text(line, style=style), soft_wrap=True)


class LiveDisplay:
    """Redraws a table with each snapshot; printed lines scroll above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._second = -1
        self._history: defaultdict[str, deque[float | None]] = defaultdict(lambda: deque(maxlen=HISTORY))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot, alerting: Collection[str]) -> None:
        """Redraw the table."""
        self._add_to_history(snapshot)
        self._live.update(self._render(snapshot, alerting), refresh=True)

    def print_line(self, line: str, style: str = "") -> None:
        """Print a line above the table."""
        self._console.print(Text(line, style=style))

    def _add_to_history(self, snapshot: Snapshot) -> None:
        if int(snapshot.elapsed_s) == self._second:
            return
        self._second = int(snapshot.elapsed_s)
        for rate in snapshot.rates:
            self._history[rate.brand].append(rate.rate)

    def _render(self, snapshot: Snapshot, alerting: Collection[str]) -> RenderableType:
        window = snapshot.rates[0].window_seconds if snapshot.rates else 0
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("brand", min_width=14)
        table.add_column(f"tweets in {window} s" if window else "tweets", justify="right", min_width=14)
        table.add_column("negative", justify="right")
        table.add_column("a bar per second", min_width=HISTORY, no_wrap=True)
        for rate in snapshot.rates:
            style = "bold red" if rate.brand in alerting else ""
            line = draw_sparkline(self._history[rate.brand])
            table.add_row(
                rate.brand, f"{rate.tweets:,}", Text(_percent(rate), _colour(rate.rate)), line, style=style
            )
        alert = Text(f"  ALERT: {', '.join(sorted(alerting))}  " if alerting else "", "bold white on red")
        return Group(Text(format_headline(snapshot), "bold"), table, alert)


Display = PlainDisplay | LiveDisplay


def format_headline(snapshot: Snapshot) -> str:
    """Return the figures of a snapshot in one line."""
    minutes, seconds = divmod(int(snapshot.elapsed_s), 60)
    latency = "" if snapshot.latency_s is None else f"  counted after {snapshot.latency_s * 1000:,.0f} ms"
    return (
        f"{minutes}:{seconds:02}  {snapshot.tweets_per_second:,.0f} tweets/s  "
        f"{snapshot.scored:,} scored  lag {snapshot.lag:,}{latency}"
    )


def draw_sparkline(shares: Iterable[float | None]) -> Text:
    """Draw one bar per share (0 to 1) and a blank for None."""
    return Text.assemble(*((_bar(share), _colour(share)) for share in shares))


def _bar(share: float | None) -> str:
    return " " if share is None else BARS[min(int(share * len(BARS)), len(BARS) - 1)]


def _percent(rate: BrandRate) -> str:
    return "–" if rate.rate is None else f"{rate.rate:.0%}"


def _colour(share: float | None) -> str:
    share = share or 0.0
    return "red" if share >= RAISE_AT else "yellow" if share >= CLEAR_AT else "green"
