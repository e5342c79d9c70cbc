"""Counters that load a changed library of functions into Redis."""

from __future__ import annotations

from functools import partial
from importlib import resources
from typing import TYPE_CHECKING
from unittest import mock

from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def change_library(code: str, replacement: str) -> AbstractContextManager[object]:
    """Replace ``code`` in the library that workers load."""
    source = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")
    assert code in source
    load = partial(_load, source=source.replace(code, replacement))
    return mock.patch.object(RedisCounters, "_load", lambda counters, *, replace: load(counters, replace))


def _load(counters: RedisCounters, replace: bool, *, source: str) -> None:  # noqa: FBT001 - as the original
    counters._client.function_load(source, replace=replace)
