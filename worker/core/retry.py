"""Retries a call while a dependency is away: at the start by sleeping, later by polling, which keeps the group membership."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Final, TypeVar

from badbuzz.errors import DependencyDown, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.core.observer import WorkerObserver
    from worker.source.port import Poll, Source

log = logging.getLogger(__name__)
T = TypeVar("T")

STARTUP_DELAY_S: Final = 1.0
FIRST_DELAY_S: Final = 0.1
LONGEST_DELAY_S: Final = 5.0
"""A dependency that comes back is noticed within this time, and an overloaded one gets few requests."""


def call_with_retry(attempt: Callable[[], T], wait: Callable[[Retry], None]) -> T:
    """Return the result of ``attempt``. Each time it raises ``Retry``, call ``wait`` with the error and try again.

    ``wait`` ends the retries by raising another error.
    """
    while True:
        try:
            return attempt()
        except Retry as error:
            wait(error)


class StartupRetry:
    """Retries calls while the worker starts. All calls share one deadline, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def call(self, attempt: Callable[[], T]) -> T:
        """Return the result of ``attempt``.

        :raises DependencyDown: if its dependency is away at the deadline.
        """
        return call_with_retry(attempt, self._wait)

    def _wait(self, error: Retry) -> None:
        if time.monotonic() >= self._deadline:
            raise DependencyDown(f"{error}; waited {self._seconds:.0f} s for it") from None
        log.warning("waiting for %s", error)
        time.sleep(STARTUP_DELAY_S)


class PollingRetry:
    """Retries calls with back-off. Between attempts it polls the paused source, so that the worker stays in the group."""

    def __init__(
        self,
        source: Source,
        observer: WorkerObserver,
        on_poll: Callable[[Poll], None],
        deadline: Callable[[], float | None],
    ) -> None:
        """``on_poll`` is called with the result of each poll; ``deadline`` returns a monotonic time, or None for no deadline."""
        self._source = source
        self._observer = observer
        self._on_poll = on_poll
        self._deadline = deadline

    def call(self, attempt: Callable[[], T]) -> T:
        """Return the result of ``attempt``, however long its dependency is away.

        :raises DependencyDown: if the deadline of a stop has passed.
        """
        error: Retry | None = None
        delays = _delays()

        def wait(latest: Retry) -> None:
            nonlocal error
            if error is None:
                self._source.pause()
            error = latest
            self._observer.on_waiting(error)
            self.check_deadline(f"waiting for {error}")
            self._on_poll(self._source.poll(next(delays), limit=1))

        result = call_with_retry(attempt, wait)
        if error:
            self._source.resume()
            self._observer.on_resumed(error.dependency)
        return result

    def check_deadline(self, action: str) -> None:
        """Check the deadline of a stop; this also ends a stop in which every call succeeds slowly.

        :raises DependencyDown: if it has passed.
        """
        deadline = self._deadline()
        if deadline is not None and time.monotonic() > deadline:
            raise DependencyDown(
                f"stopped while {action}; what is not published is scored again at the next start"
            )


def _delays() -> Iterator[float]:
    delay = FIRST_DELAY_S
    while True:
        yield delay * random.uniform(0.8, 1.2)  # noqa: S311 - spreads workers, guards no secret
        delay = min(delay * 2, LONGEST_DELAY_S)
