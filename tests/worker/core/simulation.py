"""A whole system in memory: topic, chain, counters, dead letters, and workers that can be killed at each call of a port."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from badbuzz.clients.scored_store import ScoredStore, open_scored_store
from badbuzz.contracts.counters import Buckets, Tally
from badbuzz.contracts.scored_row import SCHEMA, Footer, Totals
from badbuzz.errors import Retry
from model_registry.scoring.scores import Scores
from worker.chain.chain_files import ChainFiles
from worker.chain.stored_chain import StoredChain
from worker.core.clocks import HostClock
from worker.core.ports import Limits, Ports
from worker.core.worker import Worker
from worker.counters.memory import CounterStore, MemoryCounters
from worker.counters.tally import tally_rows
from worker.dead_letters.memory import MemoryDeadLetters
from worker.pipeline.pipeline import Pipeline
from worker.source.memory import MemorySource, MemoryTopic
from worker.source.port import CREATE_TIME, LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW_S = int(time.time()) // 10 * 10
BUCKETS = Buckets(seconds=10, retention_seconds=3_600)
DAY_MS = 86_400_000
POISON = "poison"
QUIET_TURNS = 12
"""After this many turns in a row without a record, no more come."""
LONGEST_SETTLING = 120
"""A system that has not come to rest after this many turns never will."""
MAX_CALLS = 5_000
"""Far more calls of ports than any worker makes here."""


CLAIMS: Final[Sequence[Callable[[int], int]]] = (
    lambda now_ms: now_ms,
    lambda _: -1,
    lambda now_ms: now_ms // 1000,
    lambda now_ms: now_ms - 3 * DAY_MS,
    lambda now_ms: now_ms * 1000,
    lambda _: 0,
    lambda now_ms: now_ms + DAY_MS,
    lambda _: 2**63 - 1,
    lambda now_ms: now_ms - 1_000,
)
"""What producers claim to be the time, on a topic with CreateTime."""


class Killed(BaseException):
    """SIGKILL. The worker must not catch it."""


class NullObserver:
    """Ignores all events."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class RecordingObserver(NullObserver):
    """Stores how many rows the worker scored, and each refusal of a sink."""

    def __init__(self) -> None:
        self.rows = 0
        self.refusals: list[tuple[int, str]] = []

    def on_scored(self, rows: int, _seconds: float) -> None:
        self.rows += rows

    def on_refused(self, partition: int, sink: str) -> None:
        self.refusals.append((partition, sink))


@dataclass(slots=True)
class Faults:
    """A fault at the ``at``-th call of a port from now on, before the call or ``after`` it took effect.

    ``meanwhile`` is called first; then the process dies (``kill``), the call fails (``retry``), or nothing happens (``wait``).
    """

    at: int | None = None
    after: bool = False
    kind: str = "kill"
    times: int = 1
    meanwhile: Callable[[], None] = lambda: None
    calls: int = 0

    def count_call(self) -> bool:
        """Return whether the fault happens at this call."""
        self.calls += 1
        assert self.calls < MAX_CALLS, "endless loop"
        if self.at is None:
            return False
        self.at -= 1
        if self.at >= 0:
            return False
        self.times -= 1
        self.at = 0 if self.times > 0 else None
        return True


class FaultyPort:
    """A port with faults. Only calls with a side effect or an answer count as steps."""

    STEPS = frozenset(
        {
            "fetch_bounds",
            "start_partition",
            "commit",
            "find_ends",
            "claim_origin",
            "record_partitions",
            "expect_partitions",
            "publish",
            "read_since",
            "take_over",
            "apply",
            "touch",
            "fetch_clock_ms",
            "send",
            "score",
            "poll",
        }
    )

    def __init__(self, port: Any, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._guarded(found, name) if name in self.STEPS else found

    def _guarded(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def guarded(*args: Any, **options: Any) -> Any:
            if not self._faults.count_call():
                return call(*args, **options)
            self._faults.meanwhile()
            if self._faults.kind == "wait":
                return call(*args, **options)
            error: BaseException = Killed()
            if self._faults.kind == "retry" and name not in {"poll", "start_partition", "score"}:
                error = Retry("simulated", f"{name} failed")
            if self._faults.after:
                call(*args, **options)
            raise error

        return guarded


class Model:
    """Scores by text. Each version scores differently, so that rows which are scored twice and counted twice are noticed."""

    def __init__(self, version: int) -> None:
        self.version = version

    @property
    def model(self) -> str:
        return f"simulated:{self.version}"

    def score_texts(self, texts: pa.Array) -> Scores:
        values = texts.to_pylist()
        if POISON in values:
            raise ArithmeticError("the engine fails for this text")
        scores = [(len(text) * 37 + self.version * 11) % 100 / 100 for text in values]
        return Scores(
            np.array(scores, np.float32), np.array([len(text) % 5 == 0 for text in values], np.bool_)
        )


class Brands:
    """Finds one brand in every other text."""

    def match(self, texts: pa.Array) -> pa.ListArray:
        return pa.array(
            [["acme"] if len(text) % 2 else [] for text in texts.to_pylist()], pa.list_(pa.string())
        )


@dataclass(slots=True)
class SimulatedWorker:
    """One worker of the group."""

    worker: Worker
    source: MemorySource
    faults: Faults
    observer: RecordingObserver


@dataclass(slots=True)
class SimulatedSystem:
    """The servers, and the workers that run now.

    On a topic of :data:`CREATE_TIME`, ``produce`` claims one of :data:`CLAIMS` after the other. ``worker_ahead_s`` is how far the
    clock of the next worker is ahead, ``kafka_ahead_s`` and ``redis_ahead_s`` how far the servers' clocks are.
    """

    partitions: int = 2
    timestamp_type: int = LOG_APPEND_TIME
    worker_ahead_s: float = 0.0
    kafka_ahead_s: float = 0.0
    redis_ahead_s: float = 0.0
    version: int = 1
    now_s: float = NOW_S
    bad_window: int = 10_000
    topic: MemoryTopic = field(init=False)
    store: ScoredStore = field(default_factory=lambda: open_scored_store("memory://"))
    counters: CounterStore = field(init=False)
    letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    members: list[SimulatedWorker] = field(default_factory=list)
    bad: set[tuple[int, int]] = field(default_factory=set)
    skipped: set[tuple[int, int]] = field(default_factory=set)
    _ids: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.topic = MemoryTopic(partitions=self.partitions, timestamp_type=self.timestamp_type)
        self.counters = CounterStore(clock=lambda: self.now_s + self.redis_ahead_s)

    def chain(self) -> StoredChain:
        return StoredChain(self.store, self.topic.name, self.topic.id)

    def produce(self, partition: int, kind: str = "good") -> None:
        number = next(self._ids)
        tweet: dict[str, Any] = {"id": str(number), "text": "x" * (number % 50)}
        if kind == "poison":
            tweet["text"] = POISON
        if kind == "late":
            tweet["created_at"] = "2001-01-01T00:00:00Z"
        value: bytes | None = b"{no json" if kind == "garbage" else json.dumps(tweet).encode()
        if kind == "tombstone":
            value = None
        now_ms = int(self.now_s * 1000)
        is_claimed = self.timestamp_type == CREATE_TIME
        kafka_ms = now_ms + int(self.kafka_ahead_s * 1000)
        timestamp = CLAIMS[number % len(CLAIMS)](now_ms) if is_claimed else kafka_ms
        offset = self.topic.append(partition, value, timestamp)
        if kind in {"poison", "garbage"}:
            self.bad.add((partition, offset))
        if kind == "tombstone":
            self.skipped.add((partition, offset))

    def skip(self, partition: int, count: int) -> None:
        """Use offsets without a record."""
        end = self.topic.bounds(partition).high_watermark
        self.topic.skip_offsets(partition, count)
        self.skipped |= {(partition, offset) for offset in range(end, end + count)}

    def end_transaction(self, partition: int, *, committed: bool) -> None:
        """Commit or abort the open transaction of a partition, if there is one. A record follows, as after any gap."""
        bounds = self.topic.bounds(partition)
        if not self.topic.has_open_transaction(partition):
            return
        gone = {(partition, offset) for offset in range(bounds.end, bounds.high_watermark) if not committed}
        self.topic.end_transaction(partition, committed=committed)
        self.bad -= gone
        self.skipped |= gone | {(partition, bounds.high_watermark)}
        self.produce(partition)

    def spawn(self) -> SimulatedWorker:
        faults, observer = Faults(), RecordingObserver()
        source = self.topic.join()
        counters = MemoryCounters(self.counters)
        counters.open(self.topic.id, BUCKETS, self.partitions)
        pipeline = Pipeline(self.topic.name, lambda: Model(self.version), Brands)
        parts = (source, self.chain(), counters, self.letters, pipeline)
        assert set().union(*map(dir, parts)) >= FaultyPort.STEPS, "a call of a port was renamed"
        limits = Limits(
            start="earliest",
            batch_records=7,
            batch_wait_s=0.0,
            file_rows=15,
            file_seconds=1e9,
            buffer_rows=40,
            bad_ratio=0.5,
            bad_window=self.bad_window,
            session_s=10.0,
        )
        ahead_s = self.worker_ahead_s
        worker = Worker(
            Ports(*(FaultyPort(part, faults) for part in parts)),
            BUCKETS,
            observer,
            limits,
            clock=HostClock(monotonic=lambda: self.now_s, wall=lambda: self.now_s + ahead_s),
        )
        member = SimulatedWorker(worker, source, faults, observer)
        self.members.append(member)
        return member

    def run_turn(self, member: SimulatedWorker) -> None:
        """Run one turn. A worker that is killed in it leaves the group."""
        self.now_s += 1.5
        try:
            member.worker.run_turn()
        except Killed:
            self.members.remove(member)
            self.topic.evict(member.source)

    def run_turns(self, member: SimulatedWorker, count: int) -> None:
        """Run turns until the worker is killed or ``count`` is reached."""
        for _ in range(count):
            if member in self.members:
                self.run_turn(member)

    def freeze(self, member: SimulatedWorker) -> None:
        """Freeze a worker beyond the session timeout: the group evicts it without its knowledge."""
        self.members.remove(member)
        self.topic.evict(member.source)

    def settle(self) -> None:
        """Run the living workers, or a new one, until everything is published and settled."""
        if not self.members:
            self.spawn()
        for member in self.members:
            member.faults.at = None
        for _ in range(2):  # a worker that is refused in its drain leaves the rest to the second round
            self._come_to_rest()
            for member in self.members:
                member.worker.drain()

    def _come_to_rest(self) -> None:
        quiet = 0
        for _ in range(LONGEST_SETTLING):
            self.now_s += 1.5
            processed = sum(member.worker.run_turn() for member in self.members)
            quiet = 0 if processed else quiet + 1
            if quiet == QUIET_TURNS:
                break

    def rows(self, partition: int) -> pa.Table:
        start = self.claim_origin(partition)
        ranges = list(self.chain().read_since(partition, start, 0).ranges)
        return (
            pa.concat_tables([chain_range.table for chain_range in ranges])
            if ranges
            else SCHEMA.empty_table()
        )

    def footers(self, partition: int) -> list[Footer]:
        files = ChainFiles(self.store.rows, self.topic.name)
        return [files.read_footer(file) for file in files.list_all().get(partition, [])]

    def claim_origin(self, partition: int) -> int:
        return self.chain().claim_origin(partition, 0)

    def expected_counters(self) -> tuple[dict[tuple[str, int], Tally], Totals]:
        """Count the rows in the chain."""
        sums: dict[tuple[str, int], Tally] = {}
        totals = Totals()
        for partition in range(self.partitions):
            tallies, part = tally_rows(self.rows(partition), BUCKETS)
            totals += part
            for key, value in tallies.items():
                sums[key] = sums.get(key, Tally()) + value
        return sums, totals
