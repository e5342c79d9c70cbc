"""Puts the checks together: the chain by itself, then against the topic, then the counters against the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from worker.chain.coverage import OffsetProblem
from worker.chain.files import ChainFiles, FilesMerged
from worker.chain.origin import read_origins
from worker.verify.chain_check import list_files
from worker.verify.counters import CounterComparison, compare_counters
from worker.verify.dead_letters import find_unmatched_offset
from worker.verify.recheck import check_chain_until_stable, compare_ids_until_stable
from worker.verify.report import PartitionReport, VerificationReport, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from obstore.store import ObjectStore

    from badbuzz.contracts.scored_row import Gap
    from worker.chain.chain_file import ChainFile
    from worker.source.topics import Topic
    from worker.verify.chain_check import CheckedChain
    from worker.verify.redis_counters import RedisCounterReader
    from worker.verify.topic import Backlog, TopicReader


class Verification:
    """One verification of one topic. ``topic`` or ``counts`` may be None: then they are left out, and so are their proofs."""

    def __init__(
        self,
        store: ObjectStore,
        name: str,
        topic: tuple[Topic, TopicReader] | None,
        counts: RedisCounterReader | None,
    ) -> None:
        self._files = ChainFiles(store, name)
        self._store = store
        self._name = name
        self._topic = topic
        self._counts = counts
        self._violations: list[Violation] = []
        self._unsettled: list[str] = []
        self._proven: list[str] = []
        self._notes: list[str] = []

    def run(self, *, deep: bool, complete: bool) -> VerificationReport:
        """Check everything. ``deep`` reads every record of the topic; ``complete`` minds those that wait to be scored.

        :raises Retry: if a dependency is away.
        :raises DataRefused: if an origin is unreadable.
        """
        walks = self._walk()
        backlogs = self._against_topic(walks, *self._topic, deep=deep) if self._topic else {}
        if complete:
            self._unsettled += _waiting(backlogs)
        if self._counts:
            self._count(walks, self._counts)
        return VerificationReport(
            topic=self._name,
            topic_id=self._topic[0].id if self._topic else None,
            partitions=tuple(_reports(walks, backlogs)),
            proven=tuple(self._proven),
            violations=tuple(self._violations),
            unsettled=tuple(self._unsettled),
            notes=tuple(self._notes),
        )

    def _walk(self) -> dict[int, CheckedChain]:
        listed, superseded = list_files(self._files)
        origins = read_origins(self._store, self._name)
        walks = {
            number: check_chain_until_stable(self._files, origin, listed.get(number, []))
            for number, origin in origins.items()
        }
        for number in sorted(listed.keys() - origins.keys()):
            first = listed[number][0]
            self._violations.append(
                Violation(number, first.first_offset, f"{first.path}: a file of a chain that has no origin")
            )
        for number, proven in walks.items():
            self._note(number, proven.broken)
            self._notes += [_lost(self._name, number, gap) for gap in proven.lost]
        if superseded:
            self._notes.append(_waiting_for_deletion(superseded))
        if not self._violations:
            files = sum(len(proven.files) for proven in walks.values())
            self._proven.append(f"chain: every offset once, no gap, no overlap, in {files} files")
        return walks

    def _against_topic(
        self, walks: Mapping[int, CheckedChain], topic: Topic, reader: TopicReader, *, deep: bool
    ) -> dict[int, Backlog]:
        before = len(self._violations)
        sound = {number: proven for number, proven in walks.items() if self._is_of(topic, number, proven)}
        ends = {number: sound[number].end.end_offset if number in sound else 0 for number in topic.partitions}
        backlogs = reader.backlogs(ends)
        for number, proven in sound.items():
            self._note(number, _beyond(proven, backlogs[number]))
        letters = reader.dead_letters()
        for number, proven in sound.items():
            named = letters.named.get(number, set())
            self._note(number, _unmatched(proven, named, expired=letters.expired))
        if deep:
            for number, proven in sound.items():
                self._note(
                    number, compare_ids_until_stable(self._files, proven, reader, backlogs[number].log_start)
                )
        if len(self._violations) == before:
            ids = "every id equal to its record's, " if deep else ""
            self._proven.append(f"topic: {ids}every rejected offset a dead letter")
        return backlogs

    def _is_of(self, topic: Topic, number: int, proven: CheckedChain) -> bool:
        start = proven.origin.start_offset
        if number not in topic.partitions:
            self._violations.append(
                Violation(number, start, f"the topic has partitions {topic.partitions} only")
            )
            return False
        if proven.origin.topic_id != topic.id:
            problem = f"Parquet is of the topic with id {proven.origin.topic_id}, Kafka's has id {topic.id}"
            self._violations.append(Violation(number, start, problem))
            return False
        return True

    def _count(self, walks: Mapping[int, CheckedChain], counts: RedisCounterReader) -> None:
        if self._violations:
            found = CounterComparison(unsettled=("counters: not compared, as the chain is broken",))
        else:
            found = self._compared(walks, counts)
        self._proven += found.proven
        self._violations += found.violations
        self._unsettled += found.unsettled

    def _compared(self, walks: Mapping[int, CheckedChain], counts: RedisCounterReader) -> CounterComparison:
        try:
            return compare_counters(self._files, walks, counts)
        except FilesMerged as error:
            return CounterComparison(unsettled=(f"counters: not compared, {error}; try again",))

    def _note(self, number: int, broken: OffsetProblem | None) -> None:
        if broken:
            self._violations.append(Violation(number, broken.offset, broken.problem))


def _waiting_for_deletion(superseded: Sequence[ChainFile]) -> str:
    return (
        f"{len(superseded)} files wait for deletion, as merged ones hold their rows: whoever lists the folder sees those "
        "twice until `badbuzz compact` has finished, or is run again"
    )


def _lost(name: str, number: int, gap: Gap) -> str:
    return f"{name}-{number}: offsets {gap.start} to {gap.end - 1} were deleted by Kafka's retention before they were scored"


def _beyond(proven: CheckedChain, backlog: Backlog) -> OffsetProblem | None:
    end = proven.end.end_offset
    if end <= backlog.high_watermark:
        return None
    return OffsetProblem(
        backlog.high_watermark, f"the chain ends at offset {end}, but the topic at {backlog.high_watermark}"
    )


def _unmatched(proven: CheckedChain, named: set[int], *, expired: bool) -> OffsetProblem | None:
    return find_unmatched_offset(
        proven.origin.start_offset, proven.end.end_offset, proven.rejected, named, expired=expired
    )


def _lag(proven: CheckedChain | None, backlog: Backlog) -> int:
    if not backlog.waiting:
        return 0
    return backlog.high_watermark - max(proven.end.end_offset if proven else 0, backlog.log_start)


def _waiting(backlogs: Mapping[int, Backlog]) -> list[str]:
    return [
        f"partition {number}: not complete, records wait to be scored"
        for number, b in sorted(backlogs.items())
        if b.waiting
    ]


def _reports(walks: Mapping[int, CheckedChain], backlogs: Mapping[int, Backlog]) -> Iterator[PartitionReport]:
    for number in sorted(walks.keys() | backlogs.keys()):
        proven, backlog = walks.get(number), backlogs.get(number)
        yield PartitionReport(
            partition=number,
            start=proven.origin.start_offset if proven else None,
            end=proven.end.end_offset if proven else None,
            files=len(proven.files) if proven else 0,
            totals=proven.end.totals if proven else Totals(),
            absent=proven.absent if proven else 0,
            lost=tuple((gap.start, gap.end) for gap in proven.lost) if proven else (),
            lag=_lag(proven, backlog) if backlog else None,
        )
