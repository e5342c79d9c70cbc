"""``badbuzz`` as the harness starts it: the unchanged product, with points at the calls of its ports.

It is controlled by environment variables: ``CHAOS_BREAK_POINT``, the file of a break point (see :mod:`tests.chaos.points`);
``CHAOS_DISK_FULL``, a file that makes writes fail while it exists; ``CHAOS_CLOCK_ERROR_S``, by how much the worker's clock is
ahead; ``CHAOS_MUTANT``, the name of a safeguard to break (see :mod:`tests.chaos.mutants`).
"""

from __future__ import annotations

import errno
import faulthandler
import os
import stat
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from badbuzz.cli.app import main
from tests.chaos.mutants import break_safeguard
from tests.chaos.points import WRITE_STACKS, BreakPointWatcher, Point
from worker import assemble
from worker.chain.stored_chain import StoredChain
from worker.compact import compaction
from worker.source.kafka import _Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from worker.chain.port import CatchUp, ChainRange

Surrounding = tuple[Point | None, Point | None]

CALLS: dict[str, Mapping[str, Surrounding]] = {
    "KafkaSource": {
        "commit": (Point.BEFORE_COMMIT, Point.AFTER_COMMIT),
        "close": (Point.LEAVING, None),
    },
    "StoredChain": {
        "find_ends": (None, Point.POSITIONS_READ),
        "publish": (Point.BEFORE_PUBLISH, Point.AFTER_PUBLISH),
    },
    "RedisCounters": {
        "take_over": (None, Point.TAKEN_OVER),
        "apply": (Point.BEFORE_COUNT, Point.AFTER_COUNT),
        "touch": (Point.BEFORE_TOUCH, Point.AFTER_TOUCH),
    },
    "KafkaDeadLetters": {"send": (Point.BEFORE_LETTERS, Point.AFTER_LETTERS)},
    "Pipeline": {"score": (None, Point.SCORED)},
    "FollowedModel": {"_load": (Point.BEFORE_LOAD, Point.AFTER_LOAD)},
    "Worker": {"drain": (Point.DRAINING, None)},
}
"""For each class that :mod:`worker.assemble` uses: the points before and after the call of a method."""


COMPACTING: Mapping[str, Surrounding] = {
    "claim_plan": (None, Point.PLANNED),
    "swap_day_folder": (Point.MERGED, None),
    "publish_merged_file": (Point.MERGED, None),
    "delete_superseded": (Point.SUPERSEDED, None),
}
"""The same for functions that :mod:`worker.compact.compaction` calls."""


def run() -> None:
    """Run the instrumented command line."""
    faulthandler.register(WRITE_STACKS)
    watcher = BreakPointWatcher(Path(os.environ["CHAOS_BREAK_POINT"]))
    with ExitStack() as stack:
        if error_s := float(os.environ.get("CHAOS_CLOCK_ERROR_S", "0")):
            stack.enter_context(mock.patch("time.time", partial(_shift, time.time, error_s)))
        if mutant := os.environ.get("CHAOS_MUTANT"):
            stack.enter_context(break_safeguard(mutant))
        for name, methods in CALLS.items():
            watched = _instrument(getattr(assemble, name), methods, watcher)
            stack.enter_context(mock.patch.object(assemble, name, watched))
        for name, around in COMPACTING.items():
            passing = _with_points(getattr(compaction, name), around, watcher)
            stack.enter_context(mock.patch.object(compaction, name, passing))
        stack.enter_context(_instrument_catch_up(watcher))
        stack.enter_context(_instrument_listener("on_partitions_assigned", Point.ASSIGNED, watcher))
        stack.enter_context(_instrument_listener("on_partitions_revoked", Point.REVOKED, watcher))
        stack.enter_context(
            mock.patch("os.fsync", _instrument_fsync(Path(os.environ["CHAOS_DISK_FULL"]), watcher))
        )
        main()


def _shift(clock: Callable[[], float], error_s: float) -> float:
    return clock() + error_s


def _instrument(adapter: type, methods: Mapping[str, Surrounding], watcher: BreakPointWatcher) -> type:
    """Return a subclass of the adapter with points around its methods."""
    return type(
        adapter.__name__,
        (adapter,),
        {name: _with_points(getattr(adapter, name), around, watcher) for name, around in methods.items()},
    )


def _with_points(
    method: Callable[..., Any], around: Surrounding, watcher: BreakPointWatcher
) -> Callable[..., Any]:
    before, after = around

    @wraps(method)
    def passing(*arguments: Any, **named: Any) -> Any:
        if before:
            watcher.reach(before)
        result = method(*arguments, **named)
        if after:
            watcher.reach(after)
        return result

    return passing


def _instrument_catch_up(watcher: BreakPointWatcher) -> mock._patch[Any]:
    """Add a point between the ranges that the chain yields to counters without data."""
    since = StoredChain.read_since

    def watched(chain: StoredChain, partition: int, offset: int | None, not_before_ms: int) -> CatchUp:
        found = since(chain, partition, offset, not_before_ms)
        return replace(found, ranges=_with_point(found.ranges, watcher))

    return mock.patch.object(StoredChain, "read_since", watched)


def _with_point(ranges: Iterator[ChainRange], watcher: BreakPointWatcher) -> Iterator[ChainRange]:
    for chain_range in ranges:
        watcher.reach(Point.CATCHING_UP)
        yield chain_range


def _instrument_listener(call: str, point: Point, watcher: BreakPointWatcher) -> mock._patch[Any]:
    """Add a point to the rebalance listener, which runs on the Kafka client's thread."""
    return mock.patch.object(_Listener, call, _with_points(getattr(_Listener, call), (point, None), watcher))


def _instrument_fsync(full: Path, watcher: BreakPointWatcher) -> Callable[[int], None]:
    """Return an fsync with the points of a local publication. On a full disk it fails, when the bytes are staged."""
    flush = os.fsync

    def watched(handle: int) -> None:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            watcher.reach(Point.LINKED)
        elif full.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        else:
            watcher.reach(Point.STAGED)
        flush(handle)

    return watched


if __name__ == "__main__":
    run()
