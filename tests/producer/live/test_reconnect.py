from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from producer.live.reconnect import MAX_REQUESTED_WAIT_S, MAX_WAIT_S, BackOff, stay_connected
from producer.live.stream import ArrivedTweet, Disconnected, KeepAlive

if TYPE_CHECKING:
    from collections.abc import Callable

    from producer.rejected_rows import RejectedRow


class ScriptedStream:
    """A stream that plays a script: an exception is raised, an event is emitted, None ends the stream."""

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
        """Do nothing."""


class WaitRecorder(threading.Event):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        return False


def waits_of(*script: Exception | KeepAlive | None) -> list[float]:
    stop = WaitRecorder()
    stay_connected(ScriptedStream(*script), lambda _event: None, stop, BackOff(random.Random(0)))
    return stop.seconds


DROP = Disconnected("x", "the connection broke")


def test_waits_double_up_to_a_minute_with_jitter() -> None:
    waits = waits_of(*[DROP] * 9, None)
    ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    assert max(waits) <= MAX_WAIT_S


def test_clients_reconnect_at_different_times() -> None:
    first = {round(BackOff(random.Random(seed)).compute_wait_s(), 3) for seed in range(50)}
    assert len(first) > 40


def test_a_working_connection_resets_the_waits() -> None:
    assert waits_of(DROP, DROP, DROP, KeepAlive(), DROP, None)[3] <= 1


def test_waits_grow_while_a_server_closes_all_connections() -> None:
    assert waits_of(*[DROP] * 5, None)[4] >= 8


@pytest.mark.parametrize(("requested", "expected"), [(300.0, 300.0), (1e9, MAX_REQUESTED_WAIT_S)])
def test_a_requested_wait_is_respected_up_to_a_limit(requested: float, expected: float) -> None:
    assert waits_of(Disconnected("x", "rate limit", requested), None) == [expected]


def test_a_permanent_error_is_raised() -> None:
    with pytest.raises(Misconfigured):
        waits_of(DROP, Misconfigured("the token is wrong"))


def test_a_stop_ends_listening() -> None:
    stop = threading.Event()
    stop.set()
    stay_connected(ScriptedStream(), lambda _event: None, stop, BackOff(random.Random(0)))
