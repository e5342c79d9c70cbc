"""The demo's parts, without servers."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import click
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from badbuzz.cli.app import app
from badbuzz.cli.demo.alarm import Alarms
from badbuzz.cli.demo.farewell import afterwards, whereabouts, while_it_runs
from badbuzz.cli.demo.folder import SAMPLE, DemoFolder, shown
from badbuzz.cli.demo.observer import WINDOW_S, Observer, Snapshot
from badbuzz.cli.demo.report import report, write_sql
from badbuzz.cli.demo.run import Plan
from badbuzz.cli.demo.view import LiveView, PlainView, View, sparkline
from badbuzz.cli.produce.replay import replay
from badbuzz.clients.rates import Rate
from badbuzz.contracts.scored_row import SCHEMA
from badbuzz.errors import Misconfigured, Retry, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def rate(brand: str, negative: int, tweets: int) -> Rate:
    return Rate(
        brand=brand,
        window_seconds=10,
        tweets=tweets,
        negative=negative,
        rate=negative / tweets if tweets else None,
        mean_p_negative=None,
        stddev_p_negative=None,
        from_s=0,
        to_s=10,
        stale_seconds=0.1,
    )


SNAPSHOT = Snapshot(
    elapsed_s=61.0,
    tweets_per_second=1_499.6,
    scored=91_500,
    lag=12,
    latency_s=0.0421,
    rates=(rate("all", 7_000, 15_000), rate("airparadis", 900, 1_000), rate("zapcab", 0, 0)),
)


# ── folder ──────────────────────────────────────────────────────────────────────────────────────────


def test_each_run_gets_the_next_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = DemoFolder.make(None), DemoFolder.make(None)
    assert (first.path, second.path) == (tmp_path / "runs" / "demo-1", tmp_path / "runs" / "demo-2")
    assert second.brands.is_file()
    assert shown(second.scored) == "runs/demo-2/scored"


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keep.me").touch()
    with pytest.raises(Usage, match="not empty"):
        DemoFolder.make(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"file/run: cannot be written \(Not a directory\)"):
        DemoFolder.make(tmp_path / "file" / "run")


def test_the_settings_survive_a_shell(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "it's a run")
    folder.write_environment({"BADBUZZ_BRANDS": str(folder.brands)})
    script = f'. "{folder.environment_file}"; printf %s "$BADBUZZ_BRANDS"'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == str(folder.brands)


# ── plan ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [10, 40, 3_600])
def test_the_producer_understands_the_plan(seconds: int) -> None:
    name, *arguments = Plan(SAMPLE, seconds).arguments()
    given = replay.make_context("replay", arguments).params
    assert name == "replay"
    assert given["file"] == SAMPLE
    assert given["limit"] == given["rate"] * seconds
    assert 0 < given["at_s"] < given["at_s"] + given["for_s"] < seconds


# ── alarm ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_alarm_is_raised_once_and_cleared_lower() -> None:
    alarms = Alarms()
    courses = [(50, []), (80, [True]), (90, []), (70, []), (60, [False]), (70, []), (75, [True])]
    for negative, expected in courses:
        events = alarms.update([rate("all", 500, 1_000), rate("airparadis", negative, 100)])
        assert [event.raised for event in events] == expected, negative
    assert alarms.raised == {"airparadis"}


def test_few_tweets_raise_no_alarm() -> None:
    assert Alarms().update([rate("all", 9, 9), rate("a", 9, 9), rate("b", 0, 0)]) == []
    assert Alarms().update([rate("all", 500, 1_000), rate("a", 99, 99)]) == []
    assert Alarms().update([]) == []


def test_the_rate_of_all_tweets_raises_no_alarm() -> None:
    assert Alarms().update([rate("all", 1_000, 1_000)]) == []


def test_an_alarm_is_cleared_also_when_few_speak_of_it_any_more() -> None:
    alarms = Alarms()
    alarms.update([rate("all", 500, 1_000), rate("airparadis", 400, 500)])
    (event,) = alarms.update([rate("all", 500, 1_000), rate("airparadis", 1, 10)])
    assert not event.raised


def test_an_alarm_says_its_figures() -> None:
    (event,) = Alarms().update([rate("all", 1_000, 2_000), rate("airparadis", 900, 1_000)])
    assert str(event) == "ALERT airparadis: 90% negative (900 of 1,000 tweets in 10 s)"


# ── view ────────────────────────────────────────────────────────────────────────────────────────────


def drawn(view_type: type[PlainView | LiveView], snapshots: Iterable[Snapshot], *, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=120, highlight=False, color_system=None)
    with view_type(console) as view:
        as_view: View = view
        for snapshot in snapshots:
            as_view.show(snapshot, {"airparadis"})
        as_view.say("a word that stays")
    return output.getvalue()


def test_plain_lines_come_every_two_seconds() -> None:
    output = drawn(
        PlainView, [replace(SNAPSHOT, elapsed_s=tenth / 10) for tenth in range(60)], terminal=False
    )
    lines = output.splitlines()
    assert [line[:4] for line in lines] == ["0:00", "0:02", "0:04", "a wo"]
    assert lines[0] == (
        "0:00  1,500 tweets/s  91,500 scored  lag 12  counted after 42 ms  "
        "negative: all 47%, airparadis 90%!, zapcab –"
    )


def test_the_live_table_holds_all_figures() -> None:
    output = drawn(LiveView, [SNAPSHOT, SNAPSHOT, replace(SNAPSHOT, elapsed_s=62.0)], terminal=True)
    assert "1:02  1,500 tweets/s  91,500 scored  lag 12" in output
    assert "airparadis" in output
    assert "15,000" in output
    assert "██" in output
    assert "███" not in output
    assert "ALERT: airparadis" in output
    assert "a word that stays" in output


def test_a_view_without_rates_shows_the_rest() -> None:
    nothing = replace(SNAPSHOT, rates=(), latency_s=None)
    assert "none counted yet" in drawn(PlainView, [nothing], terminal=False)
    assert "lag 12" in drawn(LiveView, [nothing], terminal=True)


def test_a_sparkline_has_a_bar_per_value() -> None:
    assert sparkline([0, 0.13, 0.5, 0.99, 1, None]).plain == "▁▂▅██ "


# ── observer ────────────────────────────────────────────────────────────────────────────────────────


class Worker:
    """A worker's metrics page."""

    def __init__(self) -> None:
        self.scored = 0
        self.lags: list[int] = []
        self.latency = (0.0, 0)
        page = self.page

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(page().encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics"

    def page(self) -> str:
        lags = "".join(f'badbuzz_lag_records{{partition="{n}"}} {lag}\n' for n, lag in enumerate(self.lags))
        return (
            "# TYPE badbuzz_tweets_scored counter\n"
            f"badbuzz_tweets_scored_total {self.scored}\n"
            f"# TYPE badbuzz_lag_records gauge\n{lags}"
            "# TYPE badbuzz_append_to_counter_seconds histogram\n"
            f'badbuzz_append_to_counter_seconds_bucket{{le="+Inf"}} {self.latency[1]}\n'
            f"badbuzz_append_to_counter_seconds_sum {self.latency[0]}\n"
            f"badbuzz_append_to_counter_seconds_count {self.latency[1]}\n"
        )


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    thread = threading.Thread(target=worker.server.serve_forever)
    thread.start()
    yield worker
    worker.server.shutdown()
    worker.server.server_close()
    thread.join()


class Counted:
    """Rates that exist or do not."""

    def __init__(self) -> None:
        self.empty = False

    def read(self, brands: Iterable[str], windows: Sequence[int]) -> list[Rate]:
        assert windows == [WINDOW_S]
        if self.empty:
            raise Retry("redis", "nothing is counted for this topic yet")
        return [rate(brand, 1, 2) for brand in brands]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_adds_up_the_workers(worker: Worker) -> None:
    clock = Clock()
    observer = Observer(Counted(), ["zapcab"], [worker.url, worker.url], clock)
    worker.lags = [3, 4]
    assert observer.look() == Snapshot(0.0, 0.0, 0, 14, None, (rate("all", 1, 2), rate("zapcab", 1, 2)))
    clock.now, worker.scored, worker.latency = 105.0, 500, (2.0, 20)
    first = observer.look()
    assert (first.elapsed_s, first.scored, first.latency_s) == (0.0, 1_000, 0.1)
    clock.now, worker.scored, worker.latency = 109.0, 2_500, (2.5, 30)
    second = observer.look()
    assert (second.elapsed_s, second.tweets_per_second, second.latency_s) == (4.0, 1_000, 0.05)
    clock.now = 119.0
    assert observer.look().tweets_per_second == 0
    assert observer.look().latency_s is None


def test_there_may_be_no_rates_yet(worker: Worker) -> None:
    counted = Counted()
    counted.empty = True
    assert Observer(counted, ["zapcab"], [worker.url]).look().rates == ()


def test_a_worker_too_busy_to_answer_keeps_its_figures() -> None:
    worker = Worker()
    worker.scored, worker.lags = 500, [3]
    thread = threading.Thread(target=worker.server.handle_request)
    thread.start()
    observer = Observer(Counted(), [], [worker.url])
    first = observer.look()
    thread.join()
    worker.server.server_close()
    second = observer.look()
    assert (second.scored, second.lag) == (first.scored, first.lag) == (500, 3)


# ── report ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """Two hundred rows: all of airparadis's are negative, a quarter of zapcab's."""
    rows = [
        {
            "id": str(n),
            "text": "x",
            "created_at": 1_790_000_000_000_000 + n,
            "brands": ["airparadis"] if n < 100 else ["zapcab"],
            "score": 0.1,
            "label": "NEGATIVE" if n < 125 else "POSITIVE",
            "expected_label": "NEGATIVE" if n < 150 else None,
            "model": "m:1",
            "appended_at": 0,
            "scored_at": 0,
            "topic": "tweets",
            "partition": 0,
            "offset": n,
        }
        for n in range(200)
    ]
    folder = tmp_path / "it's here" / "dt=2026-09-21"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "tweets-0-00000000000000000000.parquet")
    return folder.parent


def test_the_report_tells_what_the_files_hold(scored: Path) -> None:
    output = io.StringIO()
    report(scored, Console(file=output, width=120))
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    assert "200 200 62.5% 83.3% m:1" in lines
    assert "airparadis 100 100.0%" in lines
    assert "zapcab 100 25.0%" in lines
    assert "airparadis 14:13:20 UTC 100 100.0%" in lines


def test_the_queries_are_kept_ready_to_run(scored: Path, tmp_path: Path) -> None:
    write_sql(tmp_path / "report.sql", scored)
    with duckdb.connect() as connection:
        result = connection.execute((tmp_path / "report.sql").read_text()).fetchall()
    assert result[0][0] == "airparadis"


# ── farewell ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoFolder:
    monkeypatch.chdir(tmp_path)
    return DemoFolder.make(tmp_path / "a run")


def test_the_farewell_names_what_exists(folder: DemoFolder) -> None:
    text = whereabouts(folder)
    for path in (folder.scored, folder.registry, folder.brands, folder.logs, folder.queries):
        assert f"  a run/{path.name} " in text


def parsed(command: click.Command, arguments: list[str]) -> list[str]:
    """The names of the commands that a command line calls; parsing runs none of them."""
    context = command.make_context(command.name, arguments)
    if not isinstance(command, click.Group):
        return []
    name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    assert inner is not None
    return [str(name), *parsed(inner, rest)]


def test_the_command_line_understands_what_the_farewell_suggests(folder: DemoFolder) -> None:
    Path("training.1600000.processed.noemoticon.csv").touch()
    text = while_it_runs(folder, {"BADBUZZ_REDIS__URL": "redis://127.0.0.1:1/0"}) + "\n" + afterwards(folder)
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    called = [parsed(app, words[1:]) for words in lines if words and words[0].endswith("badbuzz")]
    assert called == [["produce", "replay"], ["rates"], ["work"], ["demo"], ["models", "show"]]


def test_the_suggested_query_runs(folder: DemoFolder, scored: Path) -> None:
    scored.rename(folder.scored)
    (line,) = [line for line in afterwards(folder).splitlines() if "duckdb" in line]
    _, *arguments = shlex.split(line)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    assert "score" in done.stdout
