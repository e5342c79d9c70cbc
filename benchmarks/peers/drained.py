"""Run processes of one consumer group until it has committed all that the topic holds, then stop them as an operator would."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from confluent_kafka import Consumer, KafkaException, TopicPartition

from benchmarks.peers.usage import Usage

if TYPE_CHECKING:
    from benchmarks.peers.job import Job

_LOOK_EVERY_S = 0.1


def run_until_drained(peer: str, job: Job, processes: int) -> None:
    """Start ``python -m benchmarks.peers.<peer> --member …`` so many times; report when the topic is through.

    :raises SystemExit: if one of them ends before.
    """
    usage = Usage()
    command = [sys.executable, "-m", f"benchmarks.peers.{peer}", "--member", *job.arguments()]
    members = [subprocess.Popen(command) for _ in range(processes)]  # noqa: S603 - our own
    watcher = Consumer({"bootstrap.servers": job.bootstrap, "group.id": job.group})
    try:
        while _committed(watcher, job.topic) < job.records:
            if any(member.poll() is not None for member in members):
                raise SystemExit(f"{peer}: ended early: {[member.returncode for member in members]}")
            time.sleep(_LOOK_EVERY_S)
        usage.report(peer, job)
    finally:
        watcher.close()
        for member in members:
            member.terminate()
        for member in members:
            member.wait()


def _committed(watcher: Consumer, topic: str) -> int:
    """Sum up the group's offsets; 0 while its coordinator is still being made."""
    try:
        numbers = watcher.list_topics(topic).topics[topic].partitions
        offsets = watcher.committed([TopicPartition(topic, number) for number in numbers])
    except KafkaException as error:
        if not error.args[0].retriable():
            raise
        return 0
    return sum(max(0, partition.offset) for partition in offsets)
