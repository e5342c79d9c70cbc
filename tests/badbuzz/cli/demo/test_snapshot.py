from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.demo.snapshot import WINDOW_S, Snapshot, SnapshotReader
from badbuzz.errors import Retry
from tests.badbuzz.cli.demo.rates import make_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from badbuzz.clients.rates import BrandRate


class MetricsServer:
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
def worker() -> Iterator[MetricsServer]:
    worker = MetricsServer()
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

    def read(self, brands: Iterable[str], windows: Sequence[int]) -> list[BrandRate]:
        assert windows == [WINDOW_S]
        if self.empty:
            raise Retry("redis", "nothing is counted for this topic yet")
        return [make_rate(brand, 1, 2) for brand in brands]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_snapshot_adds_up_the_workers(worker: MetricsServer) -> None:
    clock = Clock()
    reader = SnapshotReader(Counted(), ["zapcab"], [worker.url, worker.url], clock)
    worker.lags = [3, 4]
    assert reader.take_snapshot() == Snapshot(
        0.0, 0.0, 0, 14, None, (make_rate("all", 1, 2), make_rate("zapcab", 1, 2))
    )
    clock.now, worker.scored, worker.latency = 105.0, 500, (2.0, 20)
    first = reader.take_snapshot()
    assert (first.elapsed_s, first.scored, first.latency_s) == (0.0, 1_000, 0.1)
    clock.now, worker.scored, worker.latency = 109.0, 2_500, (2.5, 30)
    second = reader.take_snapshot()
    assert (second.elapsed_s, second.tweets_per_second, second.latency_s) == (4.0, 1_000, 0.05)
    clock.now = 119.0
    assert reader.take_snapshot().tweets_per_second == 0
    assert reader.take_snapshot().latency_s is None


def test_rates_are_empty_before_the_first_count(worker: MetricsServer) -> None:
    counted = Counted()
    counted.empty = True
    assert SnapshotReader(counted, ["zapcab"], [worker.url]).take_snapshot().rates == ()


def test_a_worker_too_busy_to_answer_keeps_its_figures() -> None:
    worker = MetricsServer()
    worker.scored, worker.lags = 500, [3]
    thread = threading.Thread(target=worker.server.handle_request)
    thread.start()
    reader = SnapshotReader(Counted(), [], [worker.url])
    first = reader.take_snapshot()
    thread.join()
    worker.server.server_close()
    second = reader.take_snapshot()
    assert (second.scored, second.lag) == (first.scored, first.lag) == (500, 3)
