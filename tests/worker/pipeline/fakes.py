"""A model and a brand finder with predictable results, and records for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from model_registry.scoring.scores import Scores
from worker.core.slices import DeliveredRecords
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from worker.source.port import Record

APPENDED_MS = 1_770_000_000_000


def score_of(text: str) -> float:
    """The score of a text: between 0 and 1, with three digits."""
    return float(np.float32(sum(text.encode()) % 1_000 / 1_000))


class FakeModel:
    """Raises an error if a text of ``poison`` is in the batch, as an engine does; scores texts of ``nan`` as NaN.

    It can read nothing of the texts ``unread``.
    """

    model = "stand-in:3"

    def __init__(
        self, poison: Collection[str] = (), nan: Collection[str] = (), unread: Collection[str] = ()
    ) -> None:
        self.poison, self.nan, self.unread = frozenset(poison), frozenset(nan), frozenset(unread)
        self.calls: list[int] = []

    def score_texts(self, texts: pa.Array) -> Scores:
        values = texts.to_pylist()
        self.calls.append(len(values))
        if self.poison.intersection(values):
            raise ValueError("the engine failed")
        scores = [float("nan") if text in self.nan else score_of(text) for text in values]
        return Scores(np.array(scores, np.float32), np.isin(values, list(self.unread)))


class FakeBrands:
    """Finds the brand ``acme`` in texts that contain it."""

    def match(self, texts: pa.Array) -> pa.ListArray:
        return pa.array(
            [["acme"] if "acme" in text else [] for text in texts.to_pylist()], pa.list_(pa.string())
        )


def record(offset: int, value: bytes | None, *, partition: int = 0) -> MemoryRecord:
    return MemoryRecord(partition, offset, APPENDED_MS + offset, None, value)


def deliver(records: Sequence[Record], position: int | None = None) -> DeliveredRecords:
    """Records that arrived when their timestamps say, delivered from ``position``, the first record's offset."""
    arrived = np.array([record.timestamp for record in records], np.int64)
    if position is None:
        position = records[0].offset if records else 0
    return DeliveredRecords(position, records, arrived)


def good(offset: int, text: str | None = None, *, partition: int = 0, **fields: Any) -> MemoryRecord:
    """A record of a tweet whose id is its partition and offset."""
    tweet = {"id": f"{partition}:{offset}", "text": text or f"flight {offset}"} | fields
    return record(offset, json.dumps(tweet).encode(), partition=partition)
