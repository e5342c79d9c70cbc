"""Checks the result of an exercise by ``badbuzz verify``, and by a count that is independent of the product."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from tests.endurance.environment import Environment
    from tests.endurance.load import Load
    from tests.worker.system import System

    Place = tuple[int, int]
    Counts = dict[int, NDArray[np.int32]]

SHOWN = 5
VERIFY_TIMEOUT_S = 1_800
"""Enough for tens of millions of rows."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Numbers of records, the end of each partition's chain, and the violations."""

    rows_in: int
    rows_out: int
    dead_letters: int
    chain_ends: dict[int, int]
    violations: tuple[str, ...]


def examine(environment: Environment, load: Load, *, deep: bool) -> Evidence:
    """Compare the records sent with the results, when all is published and no worker runs."""
    ends, letters = environment.end_offsets(), environment.system.dead_letters()
    counts, rows = count_rows(environment.rows("partition", "offset"), ends)
    report = _verify(environment.system, deep=deep)
    numbers = sum(ends.values()), rows, len(letters)
    found = (
        *_list_violations(report),
        *compare(counts, load.planted, letters),
        *balance(load.sent, *numbers),
    )
    chain_ends = {part["partition"]: part["end"] for part in report["partitions"]}
    return Evidence(*numbers, chain_ends, found)


def count_rows(batches: Iterable[pa.RecordBatch], ends: Mapping[int, int]) -> tuple[Counts, int]:
    """Return how many rows each offset has, and the number of all rows, including those beyond the topic's ends."""
    counts = {partition: np.zeros(end, np.int32) for partition, end in ends.items()}
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        partitions, offsets = batch["partition"].to_numpy(), batch["offset"].to_numpy()
        for partition in np.unique(partitions):
            inside = offsets[(partitions == partition) & (offsets < ends[int(partition)])]
            np.add.at(counts[int(partition)], inside, 1)
    return counts, rows


def compare(counts: Counts, planted: set[Place], letters: set[Place]) -> Iterator[str]:
    """Yield violations unless each tweet is in Parquet once, and each bad record is a dead letter."""
    for what, wrong in {
        "more than once in Parquet": _places({part: found > 1 for part, found in counts.items()}),
        "sent, but not in Parquet": _places({part: found == 0 for part, found in counts.items()}) - planted,
        "in Parquet, but not a tweet": {(part, offset) for part, offset in planted if counts[part][offset]},
        "a bad record without a dead letter": planted - letters,
        "a dead letter of a good record": letters - planted,
    }.items():
        if wrong:
            yield f"{what}: {len(wrong)} records, such as {sorted(wrong)[:SHOWN]}"


def balance(sent: int, rows_in: int, rows_out: int, dead_letters: int) -> Iterator[str]:
    """Yield violations unless as many records came out as were sent."""
    if sent != rows_in:
        yield f"{sent} records were sent, the topic has {rows_in}"
    if rows_in != rows_out + dead_letters:
        yield f"{rows_in} records in, {rows_out} rows and {dead_letters} dead letters out"


def _places(masks: Mapping[int, NDArray[np.bool_]]) -> set[Place]:
    return {(part, int(offset)) for part, mask in masks.items() for offset in np.flatnonzero(mask)}


def _verify(system: System, *, deep: bool) -> dict[str, Any]:
    options = ["--complete", "--json", *(["--deep"] if deep else [])]
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "badbuzz", "verify", *options],
        cwd=system.folder,
        env=system.environment(),
        capture_output=True,
        text=True,
        timeout=VERIFY_TIMEOUT_S,
        check=False,
    )
    if not done.stdout:
        return {
            "violations": [],
            "unsettled": [f"exit code {done.returncode}: {done.stderr}"],
            "partitions": [],
        }
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _list_violations(report: Mapping[str, Any]) -> Iterator[str]:
    for violation in report["violations"]:
        yield "verify: partition {partition}, offset {offset}: {problem}".format(**violation)
    for reason in report["unsettled"]:
        yield f"verify: unsettled: {reason}"
