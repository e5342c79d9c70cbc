"""Whatever the order and the repetitions of a Jetstream's messages, and wherever connections end and runs stop: no post is lost.

The stream, the forwarder and the state file are real. The connection and Kafka are simulated. A graceful stop sends no post
twice; a kill repeats only posts that were sent after the last stored position.
"""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError

from producer.live import bluesky, resume_point
from producer.live.bluesky import BlueskyStream
from producer.live.feed_monitor import FeedMonitor
from producer.live.forwarder import StreamForwarder
from producer.live.state_file import StateFile
from producer.live.stream import Disconnected
from producer.publisher import MemoryPublisher
from producer.rejected_rows import RejectsFile
from tests.producer.live.jetstream_server import START_US, post
from tests.producer.live.listener import NoWaits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from producer.live.stream import Event

WINDOW = 8
URL = "ws://simulated/subscribe"
HOUR_US = 3_600_000_000


@dataclass
class SimulatedJetstream:
    """Holds messages in the order in which it sends them. A cursor leaves out those that are older.

    ``cuts`` are the lengths of the first connections. Later ones send everything and wait.
    """

    messages: list[tuple[int, str]]
    cuts: list[int]

    def connect(self, address: str, **_: Any) -> SimulatedConnection:
        cursor = int(parse_qs(urlsplit(address).query)["cursor"][0])
        sent = [raw for time_us, raw in self.messages if time_us >= cursor]
        return SimulatedConnection(sent[: self.cuts.pop(0)] if self.cuts else sent)


class SimulatedConnection:
    def __init__(self, messages: list[str]) -> None:
        self._messages: Iterator[str] = iter(messages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def recv(self, timeout: float) -> str:
        del timeout
        for message in self._messages:
            return message
        raise ConnectionClosedError(None, None)

    def close(self) -> None:
        pass


class Killed(Exception):  # noqa: N818 - not an error
    """The process dies here."""


@dataclass(frozen=True)
class Run:
    """One run of the producer. It takes ``events`` events, stores its position after ``stored`` of them, and ends."""

    events: int
    stored: int
    is_killed: bool


def play(server: SimulatedJetstream, state_path: Path, run: Run | None, publisher: MemoryPublisher) -> None:
    """Forward as :class:`StreamForwarder` does, on one thread. Without ``run``, until the server has sent everything."""
    state_file = StateFile("bluesky", state_path)
    stream = BlueskyStream([URL], earlier_run=state_file.earlier_run)
    forwarder = StreamForwarder(
        stream, publisher, state_file, RejectsFile(state_path.with_name("rejects")), NoWaits(),
        threading.Event(), FeedMonitor("bluesky", 0),
    )  # fmt: skip
    taken = 0

    def emit(event: Event) -> None:
        nonlocal taken
        if run is not None and taken >= run.events:
            raise Killed
        forwarder._enqueue(event)
        while not forwarder._events.empty():
            forwarder._forward(forwarder._events.get_nowait())
        taken += 1
        if run is not None and taken == run.stored:
            forwarder._store_position()

    while True:
        is_last = not server.cuts
        try:
            stream.listen(emit)
        except Disconnected:
            if is_last:
                break
        except Killed:
            break
    if run is None or not run.is_killed:
        forwarder._store_position()


@st.composite
def nearly_sorted(draw: st.DrawFn, displacement: int, numbers: range) -> list[int]:
    """Return numbers in an order in which none comes after more than ``displacement`` - 1 higher ones."""
    waiting, order = list(numbers), []
    overtaken: dict[int, int] = dict.fromkeys(numbers, 0)
    while waiting:
        oldest = waiting[0]
        is_due = overtaken[oldest] >= displacement - 1
        chosen = 0 if is_due else draw(st.integers(0, min(displacement, len(waiting)) - 1))
        # Nothing may overtake a message that was overtaken often enough.
        while any(overtaken[other] >= displacement - 1 for other in waiting[:chosen]):
            chosen -= 1
        for other in waiting[:chosen]:
            overtaken[other] += 1
        order.append(waiting.pop(chosen))
    return order


runs = st.lists(
    st.builds(Run, events=st.integers(0, 60), stored=st.integers(0, 60), is_killed=st.booleans()), max_size=4
)
cuts = st.lists(st.integers(0, 40), max_size=6)
spacings = st.sampled_from([1, 1_000, 1_000_000, 60_000_000])


def run_all(
    order: list[int], spacing_us: int, cut_at: list[int], planned: list[Run], wrong: dict[int, int]
) -> list[str]:
    """Return the ids of the records in Kafka, in order, after all runs. ``wrong`` has the times of some messages."""
    messages = [
        (at_us, post(number, at_us=at_us))
        for number in order
        for at_us in [wrong.get(number, START_US + number * spacing_us)]
    ]
    server = SimulatedJetstream(messages, cut_at)
    publisher = MemoryPublisher()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bluesky, "connect", server.connect)
        patch.setattr(resume_point.ResumePoint.__init__, "__defaults__", (None, WINDOW))
        state = Path(folder, "state")
        state.write_text(f'{{"source": "bluesky", "cursor": {START_US}}}')
        for run in planned:
            play(server, state, run, publisher)
        play(server, state, None, publisher)
    return [key.decode().rpartition("/r")[2] for key, _ in publisher.records]


@settings(max_examples=100)
@given(nearly_sorted(WINDOW, range(40)), spacings, cuts, runs)
def test_no_reordering_loses_a_post(
    order: list[int], spacing_us: int, cut_at: list[int], planned: list[Run]
) -> None:
    sent = run_all(order, spacing_us, cut_at, planned, {})
    assert set(sent) == set(map(str, order))
    if not any(run.is_killed for run in planned):
        assert len(sent) == len(set(sent))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), spacings, cuts, runs)
def test_repetitions_are_sent_once(
    order: list[int], spacing_us: int, cut_at: list[int], planned: list[Run]
) -> None:
    """A repetition keeps the time of its post, so it may come any number of messages late."""
    order = sorted(set(order)) + order
    sent = run_all(order, spacing_us, cut_at, planned, {})
    assert set(sent) == set(map(str, order))
    if not any(run.is_killed for run in planned):
        assert len(sent) == len(set(sent))


@settings(max_examples=60)
@given(
    nearly_sorted(3, range(40)), spacings, cuts, runs,
    st.dictionaries(st.integers(0, 39), st.sampled_from([HOUR_US, 24 * HOUR_US]), max_size=3),
)  # fmt: skip
def test_a_message_with_a_time_of_the_future_loses_no_other(
    order: list[int], spacing_us: int, cut_at: list[int], planned: list[Run], ahead: dict[int, int]
) -> None:
    wrong = {number: START_US + 40 * spacing_us + ahead_us for number, ahead_us in ahead.items()}
    sent = run_all(order, spacing_us, cut_at, planned, wrong)
    assert set(sent) == set(map(str, order))
    if not any(run.is_killed for run in planned):
        assert len(sent) == len(set(sent))


def test_a_kill_repeats_only_what_was_sent_after_the_stored_position() -> None:
    killed = Run(events=30, stored=20, is_killed=True)
    sent = run_all(list(range(40)), 1_000_000, [], [killed], {})
    assert sent == [*map(str, range(30)), *map(str, range(20, 40))]
