"""Functions that do not check the caller's rights before they write."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING
from unittest import mock

from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

CHECK = "  check_rights(prefix, WRITER_RIGHTS)\n"


class UncheckedCounters(RedisCounters):
    """Loads a library without the check."""

    def _load(self, *, replace: bool) -> None:
        source = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")
        assert CHECK in source
        with mock.patch("pathlib.Path.read_text", return_value=source.replace(CHECK, "")):
            super()._load(replace=replace)


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.assemble.RedisCounters", UncheckedCounters)
