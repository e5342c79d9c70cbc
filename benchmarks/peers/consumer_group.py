"""Runs the processes of one consumer group until it has committed the whole topic, then stops them as an operator would."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from confluent_kafka import Consumer, KafkaException, TopicPartition

from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    from benchmarks.peers.job import Job

_CHECK_EVERY_S = 0.1


def run_until_committed(peer: str, job: Job, processes: int) -> None:
    """Start ``python -m benchmarks.peers.programs.<peer> --member …`` *processes* times; report when the topic is done.

    :raises SystemExit: if a process ends early.
    """
    usage = PeerUsage()
    command = [sys.executable, "-m", f"benchmarks.peers.programs.{peer}", "--member", *job.arguments()]
    members = [subprocess.Popen(command) for _ in range(processes)]  # noqa: S603 - our own
    consumer = Consumer({"bootstrap.servers": job.bootstrap, "group.id": job.group})
    try:
        while _count_committed(consumer, job.topic) < job.records:
            if any(member.poll() is not None for member in members):
                raise SystemExit(f"{peer}: ended early: {[member.returncode for member in members]}")
            time.sleep(_CHECK_EVERY_S)
        usage.report(peer, job)
    finally:
        consumer.close()
        for member in members:
            member.terminate()
        for member in members:
            member.wait()


def _count_committed(consumer: Consumer, topic: str) -> int:
    """Return the sum of the group's offsets; 0 while its coordinator is not available yet."""
    try:
        numbers = consumer.list_topics(topic).topics[topic].partitions
        offsets = consumer.committed([TopicPartition(topic, number) for number in numbers])
    except KafkaException as error:
        if not error.args[0].retriable():
            raise
        return 0
    return sum(max(0, partition.offset) for partition in offsets)
