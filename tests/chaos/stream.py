"""The known stream: the sample's tweets, repeated, with bad records of every kind among them."""

from __future__ import annotations

import csv
import json
import time
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import badbuzz
from tests.badbuzz.bad_records import BAD

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

SAMPLE = Path(badbuzz.__file__).parent / "data" / "sample.csv"
RECORDS_PER_S = 400
"""Slow enough for two cores, fast enough that records are always in flight."""
BAD_EVERY = 40
"""One bad record per this many: all kinds of them within four seconds, and each batch may have one."""
LATE_EVERY = 7
CHUNK = 20
TIMES_MS = (0, 1, 1_700_000_000, 1_237_000_000_000, 1_700_000_000_000_000, 253_402_300_800_000, 2**60)
"""The epoch, seconds, a date in 2009, microseconds, the year 10,000, and a number that is no date."""
ODD_TIMES = 0.5
OF_A_DAY = 700
"""Records of each past day: several files for each partition."""


class RecordStream:
    """An endless stream of values, in an order that depends on ``name``.

    ``bad`` has the numbers of the bad ones so far, and ``tombstones`` those of them that have no value.

    ``dated``: the first ones are from the day before yesterday, the next ones from yesterday. ``any_time``: each has any of
    :data:`TIMES_MS`, or the current time.
    """

    def __init__(self, name: str, *, dated: bool = False, any_time: bool = False) -> None:
        self.bad: set[int] = set()
        self.tombstones: set[int] = set()
        self._dated = dated
        self._times = Random(name) if any_time else None
        self._given = 0
        self._values = self._endless(Random(name))

    def take(self, number: int) -> Iterator[bytes | None]:
        """Return the next ``number`` values."""
        return islice(self._values, number)

    def paced(self, over: threading.Event) -> Iterator[bytes | None]:
        """Yield values at a steady rate until ``over`` is set."""
        while not over.is_set():
            yield from self.take(CHUNK)
            time.sleep(CHUNK / RECORDS_PER_S)

    def timestamp_ms(self) -> int | None:
        """Return the time of the latest value; None for now."""
        if self._times and self._times.random() < ODD_TIMES:
            return self._times.choice(TIMES_MS)
        days = 2 - self._given // OF_A_DAY if self._dated else 0
        return int((time.time() - days * 86_400) * 1_000) if days > 0 else None

    def _endless(self, random: Random) -> Iterator[bytes | None]:
        texts, kinds = _texts(), [value for value, _ in BAD.values()]
        for first in count(0, BAD_EVERY):
            if first % (len(kinds) * BAD_EVERY) == 0:
                random.shuffle(kinds)
            place = first + random.randrange(BAD_EVERY)
            self.bad.add(place)
            for number in range(first, first + BAD_EVERY):
                self._given = number
                bad = kinds[first // BAD_EVERY % len(kinds)]
                if not bad and number == place:  # the producer sends an empty value as null
                    self.tombstones.add(place)
                yield bad if number == place else _tweet(number, texts[number % len(texts)])


def _texts() -> list[str]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return [row[5] for row in csv.reader(file, strict=True)]


def _tweet(number: int, text: str) -> bytes:
    late = {} if number % LATE_EVERY else {"created_at": "2009-04-07T08:18:06Z"}
    return json.dumps({"id": str(number), "text": text} | late).encode()
