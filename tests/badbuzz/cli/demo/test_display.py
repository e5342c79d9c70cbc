from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from badbuzz.cli.demo.display import Display, LiveDisplay, PlainDisplay, draw_sparkline
from badbuzz.cli.demo.snapshot import Snapshot
from tests.badbuzz.cli.demo.rates import make_rate

if TYPE_CHECKING:
    from collections.abc import Iterable

SNAPSHOT = Snapshot(
    elapsed_s=61.0,
    tweets_per_second=1_499.6,
    scored=91_500,
    lag=12,
    latency_s=0.0421,
    rates=(make_rate("all", 7_000, 15_000), make_rate("airparadis", 900, 1_000), make_rate("zapcab", 0, 0)),
)


def drawn(kind: type[PlainDisplay | LiveDisplay], snapshots: Iterable[Snapshot], *, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=120, highlight=False, color_system=None)
    with kind(console) as display:
        shown_on: Display = display
        for snapshot in snapshots:
            shown_on.show(snapshot, {"airparadis"})
        shown_on.print_line("a word that stays")
    return output.getvalue()


def test_plain_lines_come_every_two_seconds() -> None:
    output = drawn(
        PlainDisplay, [replace(SNAPSHOT, elapsed_s=tenth / 10) for tenth in range(60)], terminal=False
    )
    lines = output.splitlines()
    assert [line[:4] for line in lines] == ["0:00", "0:02", "0:04", "a wo"]
    assert lines[0] == (
        "0:00  1,500 tweets/s  91,500 scored  lag 12  counted after 42 ms  "
        "negative: all 47%, airparadis 90%!, zapcab –"
    )


def test_the_live_table_holds_all_figures() -> None:
    output = drawn(LiveDisplay, [SNAPSHOT, SNAPSHOT, replace(SNAPSHOT, elapsed_s=62.0)], terminal=True)
    assert "1:02  1,500 tweets/s  91,500 scored  lag 12" in output
    assert "airparadis" in output
    assert "15,000" in output
    assert "██" in output
    assert "███" not in output
    assert "ALERT: airparadis" in output
    assert "a word that stays" in output


def test_a_display_without_rates_shows_the_rest() -> None:
    nothing = replace(SNAPSHOT, rates=(), latency_s=None)
    assert "none counted yet" in drawn(PlainDisplay, [nothing], terminal=False)
    assert "lag 12" in drawn(LiveDisplay, [nothing], terminal=True)


def test_a_sparkline_has_a_bar_per_value() -> None:
    assert draw_sparkline([0, 0.13, 0.5, 0.99, 1, None]).plain == "▁▂▅██ "
