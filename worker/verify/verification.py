"""Runs all checks: each chain by itself, the chains against the topic, and the counters against the chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badbuzz.contracts.scored_row import Totals
from worker.chain.chain_files import ChainFiles, FilesMerged
from worker.verify.chain_check import list_files
from worker.verify.counter_check import compare_counters
from worker.verify.internal_files import InternalFileCheck
from worker.verify.kafka_check import find_unmatched_offset
from worker.verify.recheck import check_chain_until_stable, compare_ids_until_stable
from worker.verify.report import PartitionReport, VerificationReport, Violation
from worker.verify.topic_check import (
    compute_lag,
    describe_unclaimed,
    describe_unscored_starts,
    find_rewritten,
    find_skipped,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from badbuzz.clients.scored_store import ScoredStore
    from badbuzz.contracts.scored_row import Gap
    from worker.chain.chain_file import ChainFile
    from worker.chain.coverage import OffsetProblem
    from worker.chain.internal.origin import Origin
    from worker.chain.internal.topic_record import TopicRecord
    from worker.source.topics import Topic
    from worker.verify.chain_check import CheckedChain
    from worker.verify.redis_counters import CounterSnapshot, RedisCounterReader
    from worker.verify.topic_reader import Backlog, TopicReader


class Verification:
    """One verification of one topic. If ``topic`` or ``counters`` is None, its checks are skipped."""

    def __init__(
        self,
        store: ScoredStore,
        name: str,
        topic: tuple[Topic, TopicReader] | None,
        counters: RedisCounterReader | None,
    ) -> None:
        self._files = ChainFiles(store.rows, name)
        self._store = store
        self._name = name
        self._topic = topic
        self._counters = counters
        self._internal = InternalFileCheck(store, name, topic[0] if topic else None)
        self._record: TopicRecord | None = None
        self._broken_origins: set[int] = set()
        self._violations: list[Violation] = []
        self._unsettled: list[str] = []
        self._proven: list[str] = []
        self._notes: list[str] = []

    def run(self, *, deep: bool, complete: bool) -> VerificationReport:
        """Check everything.

        ``deep`` reads every record of the topic and every byte of the files. ``complete`` reports records that wait to be scored.

        :raises Retry: if a dependency is unavailable.
        """
        # Before the chains are listed: what is counted here is then in their files, or pending.
        snapshot = self._counters.fetch_snapshot() if self._counters else None
        chains = self._check_chains(deep=deep)
        backlogs = self._check_against_topic(chains, *self._topic, deep=deep) if self._topic else {}
        if complete:
            self._unsettled += _describe_waiting(chains, backlogs)
        if self._counters:
            self._check_counters(chains, snapshot, self._counters, complete=complete)
        return VerificationReport(
            topic=self._name,
            topic_id=self._topic[0].id if self._topic else None,
            partitions=tuple(_make_reports(chains, backlogs)),
            proven=tuple(self._proven),
            violations=tuple(self._internal.violations + self._violations),
            unsettled=tuple(self._unsettled),
            notes=tuple(self._notes),
        )

    def _check_chains(self, *, deep: bool) -> dict[int, CheckedChain]:
        listed, superseded = list_files(self._files)
        origins = self._check_internal_files(listed, superseded)
        chains = {
            number: check_chain_until_stable(self._files, origin, listed.get(number, []), deep=deep)
            for number, origin in origins.items()
        }
        for number in sorted(listed.keys() - origins.keys() - self._broken_origins):
            first = listed[number][0]
            problem = f"{first.path}: its chain has no origin; compare BADBUZZ_SCORED__CHAIN_URL with that of the workers"
            self._violations.append(Violation(number, first.first_offset, problem))
        for number, chain in chains.items():
            self._add_violation(number, chain.problem)
            self._notes += [_describe_lost(self._name, number, gap) for gap in chain.lost]
        if superseded:
            self._notes.append(_describe_superseded(superseded))
        if not listed and not origins and not self._broken_origins:
            self._report_no_chain()
        elif self._is_whole:
            files = sum(len(chain.files) for chain in chains.values())
            self._proven.append(f"chain: every offset once, no gap, no overlap, in {files} files")
            if deep:
                self._report_content(files, sum(chain.without_digest for chain in chains.values()))
        return chains

    def _check_internal_files(
        self, listed: Mapping[int, Sequence[ChainFile]], superseded: Sequence[ChainFile]
    ) -> dict[int, Origin]:
        found = self._internal.read_origins()
        origins = {number: origin for number, origin in found.items() if origin}
        self._broken_origins = found.keys() - origins.keys()
        self._record = self._internal.read_topic_record(origins)
        self._internal.check_identities()
        self._internal.check_days(listed)
        self._internal.check_plans(
            self._files, [*superseded, *(f for chain in listed.values() for f in chain)]
        )
        return origins

    def _report_no_chain(self) -> None:
        """Without a chain nothing is proven. With Kafka, a partition that has records is reported as well."""
        if self._topic:
            self._notes.append(f"no chain: no worker has begun topic {self._name}")
        else:
            self._unsettled.append(
                f"no chain: no worker has begun topic {self._name} here; if one has, compare BADBUZZ_KAFKA__TOPIC, "
                "BADBUZZ_SCORED__URL and BADBUZZ_SCORED__CHAIN_URL with those of the workers"
            )

    @property
    def _is_whole(self) -> bool:
        """Whether no problem of a chain was found so far. Other internal files may be broken."""
        return not self._violations and not self._broken_origins

    def _report_content(self, files: int, without_digest: int) -> None:
        self._proven.append(f"files: every byte as it was written, in {files - without_digest} files")
        if without_digest:
            self._notes.append(
                f"{without_digest} files of older versions have no digest: only their rows were read"
            )

    def _check_against_topic(
        self, chains: Mapping[int, CheckedChain], topic: Topic, reader: TopicReader, *, deep: bool
    ) -> dict[int, Backlog]:
        before = len(self._violations)
        sound = {number: chain for number, chain in chains.items() if self._belongs_to(topic, number, chain)}
        ends = {number: sound[number].end.end_offset if number in sound else 0 for number in topic.partitions}
        epochs = {number: chain.end.end_leader_epoch for number, chain in sound.items()}
        backlogs = reader.find_backlogs(ends, {n: epoch for n, epoch in epochs.items() if epoch is not None})
        for number, chain in sound.items():
            self._add_violation(number, find_rewritten(chain, backlogs[number]))
            self._add_violation(number, find_skipped(chain, backlogs[number], self._record))
        sound_backlogs = {number: backlogs[number] for number in backlogs.keys() - self._broken_origins}
        self._unsettled += describe_unclaimed(chains, sound_backlogs)
        self._notes += describe_unscored_starts(self._name, sound, backlogs)
        self._notes += [
            _describe_open_transaction(self._name, number, backlog)
            for number, backlog in sorted(backlogs.items())
            if backlog.end < backlog.high_watermark
        ]
        letters = reader.read_dead_letters()
        for number, chain in sound.items():
            named = letters.named.get(number, set())
            start, end = chain.origin.start_offset, chain.end.end_offset
            problem = find_unmatched_offset(start, end, chain.rejected, named, expired=letters.expired)
            if problem and reader.are_dead_letters_compacted():
                problem = find_unmatched_offset(start, end, chain.rejected, named, expired=True)
            self._add_violation(number, problem)
        if deep:
            for number, chain in sound.items():
                self._add_violation(number, self._compare_ids(chain, reader, backlogs[number].log_start))
        if len(self._violations) == before:
            ids = "every id equal to its record's, " if deep else ""
            self._proven.append(f"topic: {ids}every rejected offset a dead letter")
        return backlogs

    def _compare_ids(self, chain: CheckedChain, reader: TopicReader, log_start: int) -> OffsetProblem | None:
        problem = compare_ids_until_stable(self._files, chain, reader, log_start)
        if problem is None or not reader.is_compacted():
            return problem
        self._notes.append(_describe_compacted(self._name, chain.origin.partition))
        return compare_ids_until_stable(self._files, chain, reader, log_start, is_compacted=True)

    def _belongs_to(self, topic: Topic, number: int, chain: CheckedChain) -> bool:
        start = chain.origin.start_offset
        if number not in topic.partitions:
            self._violations.append(
                Violation(number, start, f"the topic has partitions {topic.partitions} only")
            )
            return False
        if chain.origin.topic_id != topic.id:
            problem = (
                f"the chain belongs to topic id {chain.origin.topic_id}; Kafka's topic has id {topic.id}"
            )
            self._violations.append(Violation(number, start, problem))
            return False
        return True

    def _check_counters(
        self,
        chains: Mapping[int, CheckedChain],
        snapshot: CounterSnapshot | None,
        counters: RedisCounterReader,
        *,
        complete: bool,
    ) -> None:
        if not self._is_whole:
            self._unsettled.append("counters: not compared, as the chain is broken")
            return
        try:
            found = compare_counters(self._files, chains, snapshot, counters)
        except FilesMerged as error:
            self._unsettled.append(f"counters: not compared, {error}; try again")
            return
        self._proven += found.proven
        self._violations += found.violations
        self._unsettled += found.unsettled
        if complete:
            self._unsettled += [
                f"{pending}: not complete, rows are not published" for pending in found.pending
            ]
        else:
            self._notes += found.pending

    def _add_violation(self, number: int, problem: OffsetProblem | None) -> None:
        if problem:
            self._violations.append(Violation(number, problem.offset, problem.problem))


def _describe_superseded(superseded: Sequence[ChainFile]) -> str:
    return (
        f"{len(superseded)} files wait for deletion, as merged ones hold their rows: readers that list the folder see these "
        "rows twice until `badbuzz compact` has finished, or is run again"
    )


def _describe_compacted(name: str, number: int) -> str:
    return f"{name}-{number}: the topic is compacted: rows whose records Kafka has deleted cannot be compared"


def _describe_lost(name: str, number: int, gap: Gap) -> str:
    return f"{name}-{number}: offsets {gap.start} to {gap.end - 1} were deleted by Kafka's retention before they were scored"


def _describe_open_transaction(name: str, number: int, backlog: Backlog) -> str:
    return (
        f"{name}-{number}: offsets {backlog.end} to {backlog.high_watermark - 1} wait for an open transaction. If they "
        "stay, find its producer with kafka-transactions.sh find-hanging"
    )


def _describe_waiting(chains: Mapping[int, CheckedChain], backlogs: Mapping[int, Backlog]) -> list[str]:
    return [
        f"partition {number}: not complete, records wait to be scored"
        for number, b in sorted(backlogs.items())
        if b.waiting and number in chains
    ]


def _make_reports(
    chains: Mapping[int, CheckedChain], backlogs: Mapping[int, Backlog]
) -> Iterator[PartitionReport]:
    for number in sorted(chains.keys() | backlogs.keys()):
        chain, backlog = chains.get(number), backlogs.get(number)
        yield PartitionReport(
            partition=number,
            start=chain.origin.start_offset if chain else None,
            end=chain.end.end_offset if chain else None,
            files=len(chain.files) if chain else 0,
            totals=chain.end.totals if chain else Totals(),
            absent=chain.absent if chain else 0,
            tombstones=chain.tombstones if chain else 0,
            lost=tuple((gap.start, gap.end) for gap in chain.lost) if chain else (),
            lag=compute_lag(chain, backlog) if backlog else None,
        )
