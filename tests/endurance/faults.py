"""What is done to the storage of running workers, and what they must say of themselves meanwhile."""

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
"""Of the workers' group: the shortest that brokers let clients choose by default."""
HOLD_S = 3 * SESSION_S
"""How long a fault lasts once it is felt: the group would have thrown out whoever sends no heartbeats."""
LONGEST_S = 240
"""Until a worker with a file to publish, and then a request to give up, says that it waits."""
LOOK_S = 0.5
SLOWNESS = 1.6
"""Sessions that a file takes while all workers share the slow link: well below the 15 s after which storage counts as away."""


def slow_down(environment: Environment, proxy: Proxy, members: Sequence[EnduranceWorker]) -> float:
    """Until each worker has published a file for longer than its session lasts: the seconds that the longest took."""
    publishes = [_Publishes(member) for member in members]
    _until(lambda: all(found.longest_s() for found in publishes), members, "each worker has published a file")
    proxy.slow(len(members) * environment.file_bytes() / (SLOWNESS * SESSION_S))
    _until(
        lambda: all(found.longest_s() > SESSION_S for found in publishes),
        members,
        "each worker has published a file for longer than its session",
    )
    proxy.heal()
    longest_s = max(found.longest_s() for found in publishes)
    log_progress(f"slow: {longest_s:.1f} s for a file")
    return longest_s


def take_away(inflict: Callable[[], None], proxy: Proxy, members: Sequence[EnduranceWorker]) -> None:
    """For longer than the session: workers must stay alive, say that they are not ready, and be ready again afterwards."""
    inflict()
    _until(lambda: not any(member.is_ready for member in members), members, "no worker is ready")
    felt = time.monotonic()
    _until(lambda: time.monotonic() - felt > HOLD_S, members, "the session is over")
    proxy.heal()
    _until(lambda: all(member.is_ready for member in members), members, "all workers are ready again")
    log_progress(f"{inflict.__name__}: felt, and over after {time.monotonic() - felt:.0f} s")


class _Publishes:
    """How long a worker takes to publish a file, from what its metrics add up."""

    def __init__(self, member: EnduranceWorker) -> None:
        self._member = member
        self._files = self._seconds = self._longest_s = 0.0

    def longest_s(self) -> float:
        """Look, and tell; several files since the last look count as one of their mean."""
        metrics = self._member.metrics()
        files, seconds = metrics["badbuzz_publish_seconds_count"], metrics["badbuzz_publish_seconds_sum"]
        if files > self._files:
            self._longest_s = max(self._longest_s, (seconds - self._seconds) / (files - self._files))
            self._files, self._seconds = files, seconds
        return self._longest_s


def _until(condition: Callable[[], bool], members: Sequence[EnduranceWorker], what: str) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not condition():
        for member in members:
            if not member.is_alive:
                raise StuckError(f"{member.name} is not alive, waiting until {what}: {member.process.output}")
        if time.monotonic() > deadline:
            raise StuckError(f"not within {LONGEST_S} s: {what}")
        time.sleep(LOOK_S)
