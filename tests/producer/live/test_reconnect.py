from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from producer.live.recent_ids import RecentIds
from producer.live.reconnect import MAX_REQUESTED_WAIT_S, MAX_WAIT_S, BackOff, stay_connected
from producer.live.stream import ArrivedTweet, Disconnected, KeepAlive

if TYPE_CHECKING:
    from collections.abc import Callable

    from producer.rejected_rows import RejectedRow


class Script:
    """A stream whose connections go as the script says: an exception is raised, None ends for good, an event comes."""

    name = "script"

    def __init__(self, *script: Exception | KeepAlive | None) -> None:
        self.script = list(script)

    def listen(self, emit: Callable[[ArrivedTweet | RejectedRow | KeepAlive], None]) -> None:
        step = self.script.pop(0)
        if isinstance(step, KeepAlive):
            emit(step)
            step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step

    def close(self) -> None:
        """Nothing is open."""


class Waits(threading.Event):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        return False


def waits_of(*script: Exception | KeepAlive | None) -> list[float]:
    stop = Waits()
    stay_connected(Script(*script), lambda _event: None, stop, BackOff(random.Random(0)))
    return stop.seconds


DROP = Disconnected("x", "the connection broke")


def test_waits_double_up_to_a_minute_with_jitter() -> None:
    waits = waits_of(*[DROP] * 9, None)
    ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    assert max(waits) <= MAX_WAIT_S


def test_clients_that_were_dropped_together_do_not_come_back_together() -> None:
    first = {round(BackOff(random.Random(seed)).compute_wait_s(), 3) for seed in range(50)}
    assert len(first) > 40


def test_a_working_connection_starts_the_waits_over() -> None:
    assert waits_of(DROP, DROP, DROP, KeepAlive(), DROP, None)[3] <= 1


def test_a_server_that_only_accepts_is_left_alone_for_longer_and_longer() -> None:
    assert waits_of(*[DROP] * 5, None)[4] >= 8


@pytest.mark.parametrize(("requested", "expected"), [(300.0, 300.0), (1e9, MAX_REQUESTED_WAIT_S)])
def test_the_other_sides_wish_is_heeded_within_reason(requested: float, expected: float) -> None:
    assert waits_of(Disconnected("x", "rate limit", requested), None) == [expected]


def test_giving_up_is_final() -> None:
    with pytest.raises(Misconfigured):
        waits_of(DROP, Misconfigured("the token is wrong"))


def test_a_stop_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    stay_connected(Script(), lambda _event: None, stop, BackOff(random.Random(0)))


def test_recent_ids_are_known_and_old_ones_forgotten() -> None:
    recent = RecentIds(3)
    assert [recent.add(tweet_id) for tweet_id in "abcabcda"] == [True] * 3 + [False] * 3 + [True] * 2
