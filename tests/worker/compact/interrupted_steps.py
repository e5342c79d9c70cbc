"""Calls a function before the n-th step of a compaction that reads or changes the storage."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obstore.store import LocalStore, MemoryStore

from worker.compact import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_STORE = ("put", "get", "get_range", "list", "list_with_delimiter")


class CompactionKilled(BaseException):
    """A simulated SIGKILL: it cannot be caught, and later steps have no effect."""


@dataclass(slots=True)
class InterruptedSteps:
    """Counts steps and calls ``do`` before step ``at``. The steps of ``do`` itself are not counted."""

    do: Callable[[], object]
    at: int = -1
    count: int = 0
    dead: bool = False
    idle: bool = False
    seen: list[str] = field(default_factory=list)

    def kill(self) -> None:
        self.dead = True
        raise CompactionKilled

    def guard(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def guarded(*args: Any, **options: Any) -> Any:
            if self.idle:
                return call(*args, **options)
            if self.dead:
                raise CompactionKilled
            number, self.count = self.count, self.count + 1
            self.seen.append(name)
            if number == self.at:
                self._happen()
            return call(*args, **options)

        return guarded

    def _happen(self) -> None:
        self.idle = True
        try:
            self.do()
        finally:
            self.idle = False

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Intercept every call that touches a store in memory or a local one."""
        for store in (MemoryStore, LocalStore):
            for name in _STORE:
                patch.setattr(store, name, self.guard(getattr(store, name), name))
            patch.setattr(store, "delete", self._one_by_one(getattr(store, "delete")))  # noqa: B009 - its type is overloaded
        for owner, name in ((Path, "hardlink_to"), (Path, "mkdir"), (os, "fsync"), (shutil, "rmtree")):
            patch.setattr(owner, name, self.guard(getattr(owner, name), name))
        exchange: Callable[..., bool] = vars(publish)["swap_folders"]
        patch.setattr(publish, "swap_folders", self.guard(exchange, "exchange"))

    def _one_by_one(self, delete: Callable[..., Any]) -> Callable[..., None]:
        step = self.guard(delete, "delete")

        def guarded(store: Any, paths: str | list[str]) -> None:
            for path in [paths] if isinstance(paths, str) else paths:
                step(store, path)

        return guarded
