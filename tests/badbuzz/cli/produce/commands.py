"""Runs ``badbuzz produce`` in tests, and reads what it sent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer, TopicPartition

from badbuzz.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE_S = 600


def run_produce(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run one command in this process. Return exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as ended:
        main(["produce", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


@contextmanager
def start_produce(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run one command in a process, which is killed at the end."""
    command = [sys.executable, "-m", "badbuzz", "produce", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def read_values(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Return the values of the first ``count`` records."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=DEADLINE_S * 1_000,
    )
    try:
        return [record.value for _, record in zip(range(count), consumer, strict=False)]
    finally:
        consumer.close()


def count_records(bootstrap: str, topic: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


def parse_sent(out: str) -> int:
    """Return the number of sent tweets from the summary."""
    said = re.match(r"sent ([\d,]+) tweets", out)
    assert said is not None, out
    return int(said[1].replace(",", ""))
