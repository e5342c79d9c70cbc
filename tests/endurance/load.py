"""The stream: tweets without end, a bad record among every thousand, sent from a thread at a pace of one's choice."""

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
"""Bytes: thousands of the megabyte-long ones would measure the disk."""
CHUNK = 50
"""Records sent between two looks at the pace."""
LINGER_MS = 20
WAIT_S = 0.05


def at_rate(per_s: float, clock: Callable[[], float] = time.monotonic) -> Pace:
    """A pace of so many records per second, from now on."""
    began = clock()
    return lambda sent: sent <= per_s * (clock() - began)


def ahead_of(of: Callable[[], int], by: int) -> Pace:
    """A pace that keeps a backlog: so many records ahead of those that are counted."""
    counted = 0

    def on(sent: int) -> bool:
        nonlocal counted
        if sent - counted >= by:
            counted = of()
        return sent - counted < by

    return on


def at_once(_sent: int) -> bool:
    """No pace: as fast as the broker takes them."""
    return True


def stream(seed: int) -> Iterator[tuple[bytes, bool]]:
    """Records, and whether each is a tweet. Texts hardly repeat, so that files have the size of real ones."""
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
    """What the sample's tweets begin with, and what they end with, as they stand in JSON."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        words = [row[5].split() for row in csv.reader(file, strict=True)]
    halves = zip(*((text[: len(text) // 2], text[len(text) // 2 :]) for text in words), strict=True)
    heads, tails = ([json.dumps(" ".join(half))[1:-1].encode() for half in side] for side in halves)
    return heads, tails


class Load:
    """Sends until stopped, or until ``limit`` records are sent; to all partitions in turn, without keys."""

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
        """Send no more; on return the broker has all, and ``planted`` says partition and offset of each bad record."""
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
        except BaseException as error:  # noqa: BLE001 - told to who waits, on his thread
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
