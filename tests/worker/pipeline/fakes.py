"""A model and a matcher of brands whose answers can be foretold from the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

APPENDED_MS = 1_770_000_000_000


def score_of(text: str) -> float:
    """Between 0 and 1, with three digits; the same for the same text."""
    return float(np.float32(sum(text.encode()) % 1_000 / 1_000))


class FakeModel:
    """Fails, as an engine does, whenever a text of ``poison`` is in the batch; gives NaN for those of ``nan``."""

    model = "stand-in:3"

    def __init__(self, poison: Collection[str] = (), nan: Collection[str] = ()) -> None:
        self.poison, self.nan = frozenset(poison), frozenset(nan)
        self.calls: list[int] = []

    def score(self, texts: pa.Array) -> NDArray[np.float32]:
        values = texts.to_pylist()
        self.calls.append(len(values))
        if self.poison.intersection(values):
            raise ValueError("the engine chokes")
        return np.array(
            [float("nan") if text in self.nan else score_of(text) for text in values], dtype=np.float32
        )


class FakeBrands:
    """The brand ``acme`` in each text that says so."""

    def match(self, texts: pa.Array) -> pa.ListArray:
        return pa.array(
            [["acme"] if "acme" in text else [] for text in texts.to_pylist()], pa.list_(pa.string())
        )


def record(offset: int, value: bytes | None, *, partition: int = 0) -> MemoryRecord:
    return MemoryRecord(partition, offset, APPENDED_MS + offset, None, value)


def good(offset: int, text: str | None = None, *, partition: int = 0, **fields: Any) -> MemoryRecord:
    """A record of a tweet whose id tells where it stands."""
    tweet = {"id": f"{partition}:{offset}", "text": text or f"flight {offset}"} | fields
    return record(offset, json.dumps(tweet).encode(), partition=partition)
