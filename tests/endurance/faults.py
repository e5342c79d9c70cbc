"""Faults of the storage of running workers, and the health that the workers must report meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.endurance.environment import StuckError, log_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.chaos.network import Proxy
    from tests.endurance.environment import Environment
    from tests.endurance.workers import EnduranceWorker

SESSION_S = 6.0
"""Of the workers' group: the shortest that brokers accept by default."""
HOLD_S = 3 * SESSION_S
"""How long a fault lasts after the workers notice it. A member without heartbeats would be evicted in this time."""
TIMEOUT_S = 240
"""Limit until a worker has a file to publish, its request times out, and it reports that it waits."""
POLL_S = 0.5
SLOWNESS = 1.6
"""Sessions that a file takes while all workers share the slow link: below the 15 s after which storage counts as away."""


def slow_down(environment: Environment, proxy: Proxy, members: Sequence[EnduranceWorker]) -> float:
    """Slow the link until each worker has published a file for longer than its session. Return the longest time in seconds."""
    times = [_PublishTimes(member) for member in members]
    _until(lambda: all(found.longest_s() for found in times), members, "each worker has published a file")
    proxy.slow(len(members) * environment.file_bytes() / (SLOWNESS * SESSION_S))
    _until(
        lambda: all(found.longest_s() > SESSION_S for found in times),
        members,
        "each worker has published a file for longer than its session",
    )
    proxy.heal()
    longest_s = max(found.longest_s() for found in times)
    log_progress(f"slow: {longest_s:.1f} s for a file")
    return longest_s


def take_away(inflict: Callable[[], None], proxy: Proxy, members: Sequence[EnduranceWorker]) -> None:
    """Inject a fault for longer than the session. Workers must stay alive, be not ready, and be ready again afterwards."""
    inflict()
    _until(lambda: not any(member.is_ready for member in members), members, "no worker is ready")
    noticed = time.monotonic()
    _until(lambda: time.monotonic() - noticed > HOLD_S, members, "the session is over")
    proxy.heal()
    _until(lambda: all(member.is_ready for member in members), members, "all workers are ready again")
    log_progress(f"{inflict.__name__}: noticed, and over after {time.monotonic() - noticed:.0f} s")


class _PublishTimes:
    """The time that a worker takes to publish a file, from its metrics."""

    def __init__(self, member: EnduranceWorker) -> None:
        self._member = member
        self._files = self._seconds = self._longest_s = 0.0

    def longest_s(self) -> float:
        """Read the metrics and return the longest time. Several files since the last call count with their mean."""
        metrics = self._member.metrics()
        files, seconds = metrics["badbuzz_publish_seconds_count"], metrics["badbuzz_publish_seconds_sum"]
        if files > self._files:
            self._longest_s = max(self._longest_s, (seconds - self._seconds) / (files - self._files))
            self._files, self._seconds = files, seconds
        return self._longest_s


def _until(condition: Callable[[], bool], members: Sequence[EnduranceWorker], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        for member in members:
            if not member.is_alive:
                raise StuckError(f"{member.name} is not alive, waiting until {what}: {member.process.output}")
        if time.monotonic() > deadline:
            raise StuckError(f"not within {TIMEOUT_S} s: {what}")
        time.sleep(POLL_S)
