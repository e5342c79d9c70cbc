"""Compares chains with the whole topic: also with partitions that no worker has begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.chain.coverage import OffsetProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from worker.chain.internal.topic_record import TopicRecord
    from worker.verify.chain_check import CheckedChain
    from worker.verify.topic_reader import Backlog


def find_rewritten(chain: CheckedChain, backlog: Backlog) -> OffsetProblem | None:
    """Check that the topic still has the records of the chain, apart from those that retention deleted."""
    end = chain.end.end_offset
    if end > backlog.high_watermark:
        return OffsetProblem(
            backlog.high_watermark,
            f"the chain ends at offset {end}, but the topic ends at offset {backlog.high_watermark}",
        )
    if backlog.common_end is not None and backlog.common_end < end:
        return OffsetProblem(
            backlog.common_end,
            f"the chain ends at offset {end}, but the topic has other records from offset {backlog.common_end} on: "
            "Kafka replaced them (an unclean leader election, or a restored broker)",
        )
    return None


def find_skipped(chain: CheckedChain, backlog: Backlog, record: TopicRecord | None) -> OffsetProblem | None:
    """Check that a partition that was added later is scored from its log's start."""
    start = chain.origin.start_offset
    if record is None or chain.origin.partition < record.partitions or start <= backlog.log_start:
        return None
    return OffsetProblem(
        backlog.log_start,
        f"the partition was added after the topic was known, but its chain begins at offset {start}: the records from "
        f"offset {backlog.log_start} on were skipped",
    )


def describe_unscored_starts(
    name: str, chains: Mapping[int, CheckedChain], backlogs: Mapping[int, Backlog]
) -> list[str]:
    """Return a note for each chain that begins after its log, as ``start=latest`` asks for."""
    return [
        f"{name}-{number}: offsets {backlogs[number].log_start} to {chain.origin.start_offset - 1} are older than the chain and "
        "not scored, as BADBUZZ_KAFKA__START was latest"
        for number, chain in sorted(chains.items())
        if chain.origin.start_offset > backlogs[number].log_start
    ]


def describe_unclaimed(chains: Mapping[int, CheckedChain], backlogs: Mapping[int, Backlog]) -> list[str]:
    """Return a line for each partition that has records and no chain."""
    return [
        f"partition {number}: has records and no chain, as no worker has begun it; start a worker, or see why none takes it"
        for number, backlog in sorted(backlogs.items())
        if backlog.waiting and number not in chains
    ]


def compute_lag(chain: CheckedChain | None, backlog: Backlog) -> int:
    """Return how many offsets wait to be scored; 0 if no record is among them."""
    if not backlog.waiting:
        return 0
    return backlog.end - max(chain.end.end_offset if chain else 0, backlog.log_start)
