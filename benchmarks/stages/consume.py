"""The first stage: records from Kafka, read by the worker's source."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from badbuzz.settings import KafkaSettings
from worker.source.kafka import KafkaSource
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from worker.source.port import Record

BATCH = 2_048
"""Maximum records of one poll: the default of ``BADBUZZ_BATCH__RECORDS``."""

WAIT_S = 0.05
PATIENCE_S = 120.0


class Stopwatch:
    """Measures the processor time of this process, in microseconds per tweet, in laps."""

    def __init__(self) -> None:
        self.laps: dict[str, list[float]] = {}
        self._began = 0.0

    def start(self) -> None:
        """Begin a lap."""
        self._began = time.process_time()

    def stop(self, stage: str, tweets: int) -> None:
        """End the lap of this stage, in which that many tweets were processed."""
        self.laps.setdefault(stage, []).append(1e6 * (time.process_time() - self._began) / tweets)


def consume(bootstrap: str, topic: str, tweets: int, watch: Stopwatch) -> list[dict[int, list[Record]]]:
    """Poll the topic from its beginning. Return batches by partition with at least that many tweets.

    The time includes that of the client's own thread.
    """
    settings = KafkaSettings(bootstrap=bootstrap, topic=topic, group=f"stages-{topic}")
    batches: list[dict[int, list[Record]]] = []
    consumed = 0
    deadline = time.monotonic() + PATIENCE_S
    topic_id = describe_topic(settings, topic).id
    with closing(KafkaSource(settings, "stages", topic_id)) as source:
        watch.start()
        while consumed < tweets:
            if time.monotonic() > deadline:
                raise SystemExit(f"{consumed} of {tweets} tweets came within {PATIENCE_S:.0f} s")
            poll = source.poll(WAIT_S, BATCH)
            for partition in poll.assigned:
                source.start_partition(partition, 0)
            if count := sum(map(len, poll.records.values())):
                if batches:  # the time of the first one includes joining the group
                    watch.stop("consume", count)
                batches.append({partition: list(found) for partition, found in poll.records.items()})
                consumed += count
                watch.start()
    return batches
