"""``badbuzz`` as the harness starts it: the product, with eyes on the calls of its ports, and nothing of it changed.

What it looks at comes by its environment: ``CHAOS_TRAP``, the file of a trap (see :mod:`tests.chaos.points`);
``CHAOS_DISK_FULL``, a file in whose presence nothing can be written; ``CHAOS_MUTANT``, a safeguard to break
(see :mod:`tests.chaos.mutants`).
"""

from __future__ import annotations

import errno
import faulthandler
import os
import stat
from contextlib import ExitStack
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from badbuzz.cli.app import main
from tests.chaos.mutants import broken
from tests.chaos.points import WRITE_STACKS, Point, Trapped
from worker import assemble
from worker.chain.stored_chain import StoredChain
from worker.compact import compaction
from worker.source.kafka import _Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from worker.chain.port import CatchUp, ChainRange

Around = tuple[Point | None, Point | None]

CALLS: dict[str, Mapping[str, Around]] = {
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
"""For each class that :mod:`worker.assemble` puts behind a port: the steps before and after a call of a method."""


COMPACTING: Mapping[str, Around] = {
    "claim_plan": (None, Point.PLANNED),
    "exchange_folder": (Point.MERGED, None),
    "publish_merged_file": (Point.MERGED, None),
    "delete_superseded": (Point.SUPERSEDED, None),
}
"""The same, for the functions that :mod:`worker.compact.compaction` calls."""


def run() -> None:
    """Run the command line, watched."""
    faulthandler.register(WRITE_STACKS)
    trapped = Trapped(Path(os.environ["CHAOS_TRAP"]))
    with ExitStack() as stack:
        if mutant := os.environ.get("CHAOS_MUTANT"):
            stack.enter_context(broken(mutant))
        for name, methods in CALLS.items():
            watched = _watched(getattr(assemble, name), methods, trapped)
            stack.enter_context(mock.patch.object(assemble, name, watched))
        for name, around in COMPACTING.items():
            passing = _passing(getattr(compaction, name), around, trapped)
            stack.enter_context(mock.patch.object(compaction, name, passing))
        stack.enter_context(_catching_up(trapped))
        stack.enter_context(_listening("on_partitions_assigned", Point.ASSIGNED, trapped))
        stack.enter_context(_listening("on_partitions_revoked", Point.REVOKED, trapped))
        stack.enter_context(mock.patch("os.fsync", _disk(Path(os.environ["CHAOS_DISK_FULL"]), trapped)))
        main()


def _watched(adapter: type, methods: Mapping[str, Around], trapped: Trapped) -> type:
    """The same adapter, whose calls pass the steps around them."""
    return type(
        adapter.__name__,
        (adapter,),
        {name: _passing(getattr(adapter, name), around, trapped) for name, around in methods.items()},
    )


def _passing(method: Callable[..., Any], around: Around, trapped: Trapped) -> Callable[..., Any]:
    before, after = around

    @wraps(method)
    def passing(*arguments: Any, **named: Any) -> Any:
        if before:
            trapped.reach(before)
        result = method(*arguments, **named)
        if after:
            trapped.reach(after)
        return result

    return passing


def _catching_up(trapped: Trapped) -> mock._patch[Any]:
    """Between two ranges that the chain gives to counters which lost their memory."""
    since = StoredChain.read_since

    def watched(chain: StoredChain, partition: int, offset: int | None, not_before_ms: int) -> CatchUp:
        found = since(chain, partition, offset, not_before_ms)
        return replace(found, ranges=_passed(found.ranges, trapped))

    return mock.patch.object(StoredChain, "read_since", watched)


def _passed(ranges: Iterator[ChainRange], trapped: Trapped) -> Iterator[ChainRange]:
    for chain_range in ranges:
        trapped.reach(Point.CATCHING_UP)
        yield chain_range


def _listening(call: str, point: Point, trapped: Trapped) -> mock._patch[Any]:
    """Inside the rebalance listener, on the Kafka client's own thread."""
    return mock.patch.object(_Listener, call, _passing(getattr(_Listener, call), (point, None), trapped))


def _disk(full: Path, trapped: Trapped) -> Callable[[int], None]:
    """A flush that passes the steps of a local publication, and fails on a full disk: the bytes are staged by then."""
    flush = os.fsync

    def watched(handle: int) -> None:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            trapped.reach(Point.LINKED)
        elif full.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        else:
            trapped.reach(Point.STAGED)
        flush(handle)

    return watched


if __name__ == "__main__":
    run()
