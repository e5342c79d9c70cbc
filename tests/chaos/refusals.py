"""Runs in which all workers must refuse to go on: the topic is created again, or the store cannot keep the guarantees."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from badbuzz.errors import DataRefused, Misconfigured
from tests.chaos.servers import TOPIC_CONFIGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.chaos.chaos_workers import ChaosWorkers
    from tests.chaos.evidence import SentRecords
    from tests.worker.system import System

NEW_ID = "new-"
"""The ids of the new topic's tweets begin like this."""
MORE = 100
"""The new partitions are longer than the old ones by at least this, so that a worker could go on at its old offset."""


def recreate_topic(
    system: System,
    workers: ChaosWorkers,
    sent: SentRecords,
    wait_until: Callable[[Callable[[], bool], str], None],
) -> list[str]:
    """Create the topic again while every second worker is frozen, and fill it. Return the violations."""
    with workers.freeze_every_second():
        system.recreate_topic(TOPIC_CONFIGS)
        longest = max(offset for _, offset in sent.places) + 1
        system.produce(_new_tweets(system.partitions * (longest + MORE)))
    workers.expect_refusal(DataRefused.exit_code)
    wait_until(lambda: workers.have_ended, "all workers refuse the new topic")
    workers.add()
    wait_until(lambda: workers.have_ended, "a new worker refuses the new topic")
    return list(_compare_rows(system, sent))


def refuse_store(
    system: System, workers: ChaosWorkers, wait_until: Callable[[Callable[[], bool], str], None]
) -> list[str]:
    """Wait until every worker has refused the store. Return the violations."""
    workers.expect_refusal(Misconfigured.exit_code)
    wait_until(lambda: workers.have_ended, "all workers refuse the store")
    return [f"a file in a store that is refused: {file}" for file in system.files()]


def _new_tweets(number: int) -> Iterator[bytes]:
    for count in range(number):
        yield json.dumps({"id": f"{NEW_ID}{count}", "text": "never again"}).encode()


def _compare_rows(system: System, sent: SentRecords) -> Iterator[str]:
    """Check that the rows are of the old topic, and none is there twice. What was not published yet is lost with the topic."""
    rows = system.rows()
    if new := sum(id_.startswith(NEW_ID) for id_ in rows["id"].to_pylist()):
        yield f"{new} rows of the new topic are in the old topic's chain"
    found = Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    if twice := [place for place, count in found.items() if count > 1]:
        yield f"more than once in Parquet: {len(twice)} records, such as {twice[0]}"
    if unknown := found.keys() - sent.tweets:
        yield f"in Parquet, but not a tweet that was sent: {len(unknown)} records, such as {min(unknown)}"
