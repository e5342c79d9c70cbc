"""The named steps of the worker's protocol, and the traps that a harness sets there for one worker.

A trap is a small file that both sides know. The worker takes it away in the moment in which it springs, and then kills or
freezes itself: so the harness knows from the file's absence that the step was reached, and from nothing else.
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
"""What a worker of the harness answers with every thread's stack in its log."""


class Point(StrEnum):
    """A step at which a worker or a compaction may die; with "killed" or "frozen" in front, its name in the summary."""

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
class Trap:
    """Send yourself ``signal`` the ``occurrence``-th time that you come to ``point`` from now on."""

    point: Point
    occurrence: int = 1
    signal: Signals = Signals.SIGKILL

    def set(self, path: Path) -> None:
        """Put it there, whole or not at all."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)))
        new.rename(path)


def read_trap(path: Path) -> Trap | None:
    """The trap that is set there."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return Trap(Point(found["point"]), found["occurrence"], Signals(found["signal"]))


class Trapped:
    """The worker's side: looks for a trap at every step. Steps are taken on more than one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._trap: Trap | None = None
        self._left = 0

    def reach(self, point: Point) -> None:
        """Come to a step. From a trap of SIGKILL there is no return; from one of SIGSTOP, when somebody sends SIGCONT."""
        with self._lock:
            trap = read_trap(self._path)
            if trap != self._trap:
                self._trap = trap
                self._left = trap.occurrence if trap else 0
            if trap is None or trap.point != point:
                return
            self._left -= 1
            if self._left:
                return
            self._trap = None
            try:
                self._path.unlink()
            except FileNotFoundError:
                return  # the harness was faster, and has given up waiting
        os.kill(os.getpid(), trap.signal)
