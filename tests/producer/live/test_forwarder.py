from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DependencyDown, Misconfigured
from producer.live import forwarder
from producer.live.feed_monitor import FeedMonitor
from producer.live.forwarder import QUEUE_SIZE, StreamForwarder
from producer.live.state_file import StateFile
from producer.live.stream import ArrivedTweet, Disconnected, GapFound, KeepAlive, Position
from producer.publisher import MAX_RECORD_BYTES, MemoryPublisher
from producer.rejected_rows import RejectedRow, RejectsFile
from tests.producer.live.listener import DEADLINE_S, NoWaits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from badbuzz.contracts.tweet import Tweet
    from producer.live.stream import Event


def arrival(number: int) -> ArrivedTweet:
    return ArrivedTweet({"id": f"t{number}", "text": "delayed"}, Position(number, number))


class FakeStream:
    """A stream of given events. An exception among them is raised. With ``endless``, it then waits until it is closed."""

    name = "fake"

    def __init__(self, *events: Event | Exception, endless: bool = False) -> None:
        self.events = list(events)
        self.emitted = 0
        self.endless = endless
        self.closed = threading.Event()

    def listen(self, emit: Callable[[Event], None]) -> None:
        while self.events:
            event = self.events.pop(0)
            if isinstance(event, Exception):
                raise event
            emit(event)
            self.emitted += 1
        if self.endless:
            self.closed.wait(DEADLINE_S)

    def close(self) -> None:
        self.closed.set()


class BlockingPublisher(MemoryPublisher):
    """A publisher that can block, and can fail to flush."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def send(self, tweet: Tweet) -> None:
        assert self.open.wait(DEADLINE_S)
        super().send(tweet)

    def flush(self) -> None:
        if self.broken:
            raise DependencyDown("kafka stays away")


class ForwarderRun:
    def __init__(self, folder: Path, stream: FakeStream) -> None:
        self.stream = stream
        self.publisher = BlockingPublisher()
        self.rejects = RejectsFile(folder / "rejected.jsonl")
        self.monitor = FeedMonitor("fake", 0)
        self.state_path = folder / "state"
        self.stop = threading.Event()
        self.on_sent: Callable[[int], None] = lambda _sent: None

    def __call__(self) -> int:
        state_file = StateFile("fake", self.state_path)
        with self.rejects:
            return StreamForwarder(
                self.stream,
                self.publisher,
                state_file,
                self.rejects,
                NoWaits(),
                self.stop,
                self.monitor,
                self.on_sent,
            ).run()

    @property
    def ids(self) -> list[str]:
        return [key.decode() for key, _ in self.publisher.records]

    @property
    def stored_cursor(self) -> int | None:
        position = StateFile("fake", self.state_path).position
        return None if position is None else position.resume


def test_everything_arrives_in_order_and_the_cursor_is_stored(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), KeepAlive(), arrival(2), arrival(3)))
    assert run() == 3
    assert run.ids == ["t1", "t2", "t3"]
    assert run.stored_cursor == 3
    assert run.stream.closed.is_set()


def test_a_lost_connection_loses_no_tweets(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), Disconnected("fake", "dropped"), arrival(2)))
    assert run() == 2


def test_an_invalid_row_and_a_too_large_tweet_are_rejected_alone(tmp_path: Path) -> None:
    large = ArrivedTweet({"id": "large", "text": "t", "author": "x" * MAX_RECORD_BYTES})
    run = ForwarderRun(tmp_path, FakeStream(RejectedRow(1, "garbage", "row"), large, arrival(3)))
    assert run() == 1
    assert run.rejects.count == 2
    assert "at most 1000000 can be sent" in run.rejects.path.read_text()


def test_a_stop_delivers_what_was_read(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(*map(arrival, range(50)), endless=True))
    run.on_sent = lambda sent: run.stop.set() if sent == 20 else None
    sent = run()
    assert 20 <= sent <= 50
    assert run.ids == [f"t{number}" for number in range(sent)]
    assert run.stored_cursor == sent - 1


def test_tweets_before_a_permanent_error_are_delivered(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), Misconfigured("the token is wrong")))
    with pytest.raises(Misconfigured, match="the token is wrong"):
        run()
    assert run.ids == ["t1"]
    assert run.stored_cursor == 1


def test_an_unexpected_error_in_the_network_thread_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        ForwarderRun(tmp_path, FakeStream(arrival(1), ZeroDivisionError()))()


def test_the_cursor_is_not_stored_before_the_acknowledgement(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), arrival(2)))
    run.publisher.broken = True
    with pytest.raises(DependencyDown):
        run()
    assert run.stored_cursor is None
    assert run.stream.closed.is_set()


def test_the_cursor_is_stored_while_the_stream_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "CHECKPOINT_S", 0.0)
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), arrival(2), endless=True))
    thread = threading.Thread(target=run, daemon=True)
    seen = threading.Event()

    class Watched(StateFile):
        def save(self, position: Position | None) -> None:
            super().save(position)
            if position == Position(2, 2):
                seen.set()

    monkeypatch.setattr("tests.producer.live.test_forwarder.StateFile", Watched)
    thread.start()
    assert seen.wait(DEADLINE_S)
    assert not run.stop.is_set()
    run.stop.set()
    thread.join(DEADLINE_S)


def test_a_position_without_tweets_is_stored_and_gaps_are_counted(tmp_path: Path) -> None:
    gap = GapFound("fake", "it does not continue")
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), gap, KeepAlive(), KeepAlive(Position(9, 7)), gap))
    assert run() == 1
    assert run.stored_cursor == 7
    assert run.monitor.gaps == 2


def test_the_ids_of_acknowledged_tweets_are_stored(tmp_path: Path) -> None:
    run = ForwarderRun(tmp_path, FakeStream(arrival(1), arrival(2)))
    run()
    assert StateFile("fake", run.state_path).earlier_run.ids == ["t1", "t2"]


def test_an_error_while_closing_does_not_hide_the_reason(tmp_path: Path) -> None:
    class FailsToClose(FakeStream):
        def close(self) -> None:
            raise ValueError("Cannot shutdown socket")

    run = ForwarderRun(tmp_path, FailsToClose(arrival(1), Misconfigured("the token is wrong")))
    with pytest.raises(Misconfigured, match="the token is wrong"):
        run()


def test_the_network_thread_waits_while_kafka_is_behind(tmp_path: Path) -> None:
    stream = FakeStream(*map(arrival, range(QUEUE_SIZE + 50)))
    run = ForwarderRun(tmp_path, stream)
    run.publisher.open.clear()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = threading.Event()
    while stream.emitted < QUEUE_SIZE and not deadline.wait(0.01):
        assert thread.is_alive()
    deadline.wait(0.3)
    assert QUEUE_SIZE <= stream.emitted <= QUEUE_SIZE + 1  # the publisher holds one more
    run.publisher.open.set()
    thread.join(DEADLINE_S)
    assert len(run.ids) == QUEUE_SIZE + 50
