"""The progress of a run on a terminal: tweets sent, tweets per second, time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import ProgressColumn

_REFRESH_S: Final = 0.2


class ProgressLine:
    """A progress line on stderr if that is a terminal, otherwise nothing.

    :param total: the total number of tweets, or None if it is unknown.
    """

    def __init__(
        self,
        description: str,
        total: int | None,
        console: Console | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        console = console or Console(stderr=True)
        self._progress = Progress(
            *_columns(total), console=console, disable=not console.is_terminal, transient=True
        )
        self._task = self._progress.add_task(description, total=total, rate="")
        self._now = now
        self._started = now()
        self._next = self._started + _REFRESH_S

    def __call__(self, sent: int) -> None:
        """Show the number of tweets sent. Cheap enough to be called for each tweet."""
        now = self._now()
        if now < self._next:
            return
        self._next = now + _REFRESH_S
        self._progress.update(
            self._task, completed=sent, rate=f"{sent / (now - self._started):,.0f} tweets/s"
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _columns(total: int | None) -> list[str | ProgressColumn]:
    start, rate = ("{task.description}", "{task.completed:,}"), "{task.fields[rate]}"
    if total is None:
        return [*start, rate, TimeElapsedColumn()]
    return [*start, BarColumn(), TaskProgressColumn(), rate, "left", TimeRemainingColumn()]
