"""The named steps of the worker's protocol, and break points at which a worker kills or freezes itself.

A break point is a file, written by the harness. The worker deletes it when it reaches the step, just before it kills or
freezes itself: its absence tells the harness that the step was reached.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from signal import Signals
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


WRITE_STACKS = Signals.SIGUSR1
"""A signal at which a worker of the harness writes every thread's stack to its log."""


class Point(StrEnum):
    """Steps at which a worker or a compaction may be killed or frozen. The summary has "killed_" or "frozen_" and the value."""

    ASSIGNED = "when_assigned"
    REVOKED = "when_revoked"
    TAKEN_OVER = "after_taking_counters_over"
    POSITIONS_READ = "after_reading_the_chains_end"
    CATCHING_UP = "while_catching_up"
    SCORED = "after_scoring"
    BEFORE_LETTERS = "before_dead_letters"
    AFTER_LETTERS = "after_dead_letters"
    BEFORE_COUNT = "before_counting"
    AFTER_COUNT = "after_counting"
    BEFORE_PUBLISH = "before_publishing"
    STAGED = "with_a_staged_file"
    LINKED = "with_a_linked_file"
    AFTER_PUBLISH = "after_publishing"
    BEFORE_COMMIT = "before_committing"
    AFTER_COMMIT = "after_committing"
    BEFORE_TOUCH = "before_settling"
    AFTER_TOUCH = "after_settling"
    BEFORE_LOAD = "before_loading_a_model"
    AFTER_LOAD = "after_loading_a_model"
    DRAINING = "when_draining"
    LEAVING = "before_leaving"
    PLANNED = "after_planning_a_compaction"
    MERGED = "before_publishing_merged_files"
    SUPERSEDED = "before_deleting_superseded_files"


@dataclass(frozen=True, slots=True)
class BreakPoint:
    """Makes a process send itself ``signal`` when it reaches ``point`` for the ``occurrence``-th time from now on."""

    point: Point
    occurrence: int = 1
    signal: Signals = Signals.SIGKILL

    def set(self, path: Path) -> None:
        """Write the break point atomically."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)))
        new.rename(path)


def read_break_point(path: Path) -> BreakPoint | None:
    """Return the break point in a file; None if there is no file."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return BreakPoint(Point(found["point"]), found["occurrence"], Signals(found["signal"]))


class BreakPointWatcher:
    """Checks for a break point at every step of a worker. May be called by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._break_point: BreakPoint | None = None
        self._left = 0

    def reach(self, point: Point) -> None:
        """Reach a step. If it is the break point, a SIGKILL does not return, and a SIGSTOP returns at SIGCONT."""
        with self._lock:
            break_point = read_break_point(self._path)
            if break_point != self._break_point:
                self._break_point = break_point
                self._left = break_point.occurrence if break_point else 0
            if break_point is None or break_point.point != point:
                return
            self._left -= 1
            if self._left:
                return
            self._break_point = None
            try:
                self._path.unlink()
            except FileNotFoundError:
                return  # the harness has just removed it
        os.kill(os.getpid(), break_point.signal)
