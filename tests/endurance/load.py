"""The stream: endless tweets with one bad record in a thousand, sent by a thread at a chosen pace."""

from __future__ import annotations

import csv
import json
import threading
import time
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self

from kafka import KafkaProducer

import badbuzz
from tests.badbuzz.bad_records import BAD
from tests.endurance.environment import TOPIC
from tests.worker.system import TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.endurance.environment import Environment

    Pace = Callable[[int], bool]  # whether to send on, given how many were sent

SAMPLE = Path(badbuzz.__file__).parent / "data" / "sample.csv"
BAD_RATIO = 0.001
LARGEST_BAD = 1_000
"""Bytes. Thousands of bad records of a megabyte would measure the disk."""
CHUNK = 50
"""Records sent between two checks of the pace."""
LINGER_MS = 20
WAIT_S = 0.05


def at_rate(per_s: float, clock: Callable[[], float] = time.monotonic) -> Pace:
    """Return a pace of ``per_s`` records per second, from now on."""
    began = clock()
    return lambda sent: sent <= per_s * (clock() - began)


def ahead_of(of: Callable[[], int], by: int) -> Pace:
    """Return a pace that keeps a backlog of ``by`` records ahead of those counted."""
    counted = 0

    def on(sent: int) -> bool:
        nonlocal counted
        if sent - counted >= by:
            counted = of()
        return sent - counted < by

    return on


def at_once(_sent: int) -> bool:
    """A pace without a limit."""
    return True


def stream(seed: int) -> Iterator[tuple[bytes, bool]]:
    """Yield records, and whether each is a tweet. Texts hardly repeat, so that files are as large as real ones."""
    random = Random(seed)
    heads, tails = _halves()
    bad = [value for value, _ in BAD.values() if value and len(value) < LARGEST_BAD]
    for number in count():
        if random.random() < BAD_RATIO:
            yield random.choice(bad), False
        else:
            head, tail = heads[number % len(heads)], tails[int(random.random() * len(tails))]
            yield b'{"id": "%d", "text": "%b %b"}' % (number, head, tail), True


def _halves() -> tuple[list[bytes], list[bytes]]:
    """Return the first and second halves of the sample's tweets, escaped for JSON."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        words = [row[5].split() for row in csv.reader(file, strict=True)]
    halves = zip(*((text[: len(text) // 2], text[len(text) // 2 :]) for text in words), strict=True)
    heads, tails = ([json.dumps(" ".join(half))[1:-1].encode() for half in side] for side in halves)
    return heads, tails


class Load:
    """Sends records to all partitions in turn, without keys, until stopped or until ``limit`` are sent."""

    def __init__(self, environment: Environment, pace: Pace, seed: int, limit: int | None = None) -> None:
        self.sent = 0
        self.planted: set[tuple[int, int]] = set()
        self._environment = environment
        self._pace = pace
        self._records = stream(seed)
        self._limit = limit
        self._bad: list[Any] = []
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> Self:
        """Begin to send."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop sending. Then the broker has all records, and ``planted`` has the partition and offset of each bad one."""
        self._stopped.set()
        self.join()

    def join(self) -> None:
        """Wait for the limit."""
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        bootstrap = self._environment.system.broker.bootstrap
        try:
            with KafkaProducer(
                bootstrap_servers=bootstrap, linger_ms=LINGER_MS, batch_size=1 << 17, compression_type="lz4"
            ) as producer:
                self._send_all(producer)
                producer.flush(TIMEOUT_S)
            found = [future.get(0) for future in self._bad]
            self.planted = {(record.partition, record.offset) for record in found}
        except BaseException as error:  # noqa: BLE001 - raised by join
            self._failure = error

    def _send_all(self, producer: KafkaProducer) -> None:
        while not self._stopped.is_set() and self.sent != self._limit:
            if not self._pace(self.sent):
                self._stopped.wait(WAIT_S)
                continue
            for _ in range(min(CHUNK, (self._limit or self.sent + CHUNK) - self.sent)):
                self._send(producer)

    def _send(self, producer: KafkaProducer) -> None:
        value, is_tweet = next(self._records)
        future = producer.send(TOPIC, value=value, partition=self.sent % self._environment.partitions)
        self.sent += 1
        if not is_tweet:
            self._bad.append(future)
