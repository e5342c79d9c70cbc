"""``python -m benchmarks.stages.child REQUEST``: the stages of one worker, in a process with one arithmetic thread."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import asdict

from benchmarks.harness.model import shipped_model
from benchmarks.harness.subprocesses import read_request, send_answer, wait_until_all_ready
from benchmarks.report.figures import MedianFigure
from benchmarks.stages.consume import BATCH, Stopwatch, consume
from benchmarks.stages.worker import WorkerStages

PUBLISH_EVERY = 50
"""Batches between two publications: twelve files of 8,500 rows, as a worker writes under load."""


def main() -> None:
    asked = read_request()
    watch = Stopwatch()
    with (
        tempfile.TemporaryDirectory(prefix="badbuzz-stages-") as scored,
        closing(WorkerStages(shipped_model(), asked["redis_url"], scored, Stopwatch())) as stages,
    ):
        wait_until_all_ready()
        batches = consume(asked["bootstrap"], asked["topic"], asked["rounds"] * BATCH, watch)
        stages.run(batches[0])  # the first batch loads libraries and fills caches
        stages.watch = watch
        for number, batch in enumerate(batches[1:], 1):
            stages.run(batch)
            if number % PUBLISH_EVERY == 0 or number == len(batches) - 1:
                stages.publish()
    send_answer({stage: asdict(MedianFigure.of(laps)) for stage, laps in watch.laps.items()})


if __name__ == "__main__":
    main()
