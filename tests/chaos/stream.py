"""The known stream: the sample's tweets again and again, and among them every kind of record that is no tweet."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import badbuzz
from tests.badbuzz.bad_records import BAD
from tests.chaos.plan import RECORDS_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMPLE = Path(badbuzz.__file__).parent / "data" / "sample.csv"
LATE_EVERY = 7
CHUNK = 20


def make_stream(records: int, name: str) -> tuple[list[bytes | None], frozenset[int]]:
    """The values in their order, and the places of those that are no tweets."""
    random = Random(name)
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        texts = [row[5] for row in csv.reader(file, strict=True)]
    values: list[bytes | None] = [_tweet(number, texts[number % len(texts)]) for number in range(records)]
    bad = random.sample(range(records), len(BAD))
    for place, (value, _) in zip(bad, BAD.values(), strict=True):
        values[place] = value
    return values, frozenset(bad)


def paced(values: Iterable[bytes | None]) -> Iterator[bytes | None]:
    """Hand them out at a steady rate."""
    for number, value in enumerate(values):
        if number % CHUNK == 0:
            time.sleep(CHUNK / RECORDS_PER_S)
        yield value


def _tweet(number: int, text: str) -> bytes:
    late = {} if number % LATE_EVERY else {"created_at": "2009-04-07T08:18:06Z"}
    return json.dumps({"id": str(number), "text": text} | late).encode()
