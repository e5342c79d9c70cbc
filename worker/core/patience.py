"""Waiting for a dependency that is away, without leaving the consumer group."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from badbuzz.errors import DependencyDown, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.core.observer import Observer
    from worker.source.port import Poll, Source

T = TypeVar("T")

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
"""A dependency that comes back is noticed within this; one that is overloaded is not hammered."""


class Patience:
    """Tries a call until it succeeds. While it waits, nothing is delivered and polls keep the membership alive."""

    def __init__(
        self,
        source: Source,
        observer: Observer,
        note: Callable[[Poll], None],
        deadline: Callable[[], float | None],
    ) -> None:
        """``note`` is given what polls bring meanwhile; ``deadline`` tells when (monotonic) to give up, None for never."""
        self._source = source
        self._observer = observer
        self._note = note
        self._deadline = deadline

    def insist(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` returns, however long its dependency is away.

        :raises DependencyDown: if we were told to stop and the deadline has passed.
        """
        try:
            return attempt()
        except Retry as error:
            return self._wait_for(attempt, error)

    def insist_on_time(self, doing: str) -> None:
        """See to it that a graceful stop ends, also if nothing is away and everything is slow.

        :raises DependencyDown: if we were told to stop and the deadline has passed.
        """
        deadline = self._deadline()
        if deadline is not None and time.monotonic() > deadline:
            raise DependencyDown(
                f"stopped while {doing}; what is not published is scored again at the next start"
            )

    def _wait_for(self, attempt: Callable[[], T], error: Retry) -> T:
        self._source.hold()
        for delay in _delays():
            self._observer.waiting(error)
            self.insist_on_time(f"waiting for {error}")
            self._note(self._source.poll(delay, limit=1))
            try:
                result = attempt()
            except Retry as again:
                error = again
            else:
                self._source.release()
                self._observer.resumed(error.dependency)
                return result
        raise AssertionError("delays never end")


def _delays() -> Iterator[float]:
    delay = FIRST_DELAY_S
    while True:
        yield delay * random.uniform(0.8, 1.2)  # noqa: S311 - spreads workers, guards no secret
        delay = min(delay * 2, LONGEST_DELAY_S)
