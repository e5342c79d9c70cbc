"""A micro-batch through the pipeline: all partitions' records as one batch, because long batches score faster."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from badbuzz.contracts.scored_row import NEGATIVE, POSITIVE, SCHEMA
from worker.core.slices import Slice, find_gaps
from worker.pipeline.decode import decode_records
from worker.pipeline.poison import TextScorer, score_isolating_failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.core.slices import MicroBatch
    from worker.dead_letters.port import DeadLetter
    from worker.pipeline.decode import DecodedBatch

THRESHOLD = 0.5
"""A score below it is negative, as in the study's service."""


class NamedScorer(TextScorer, Protocol):
    """A scorer that knows its name."""

    @property
    def model(self) -> str:
        """``name:version``."""


class BrandFinder(Protocol):
    """What finds brands in texts."""

    def match(self, texts: pa.Array) -> pa.ListArray:
        """Raw texts, ``[n]`` strings, to the names of the brands in each, ``[n]`` lists."""


class Pipeline:
    """Scores micro-batches. ``model`` and ``brands`` are asked anew for each batch: they change while the worker runs."""

    def __init__(
        self, topic: str, model: Callable[[], NamedScorer], brands: Callable[[], BrandFinder]
    ) -> None:
        self._topic = topic
        self._model = model
        self._brands = brands

    def score(self, batch: MicroBatch) -> tuple[list[Slice], list[DeadLetter]]:
        """Score each partition's records, given with the offset expected first. One slice per partition, and the dead letters.

        :raises GiveUp: if the model is broken.
        """
        decoded = decode_records(record for _, records in batch.values() for record in records)
        decoded, rows = self._rows(decoded)
        rejected: dict[int, list[int]] = defaultdict(list)
        for letter in decoded.letters:
            rejected[letter.record.partition].append(letter.record.offset)
        tables = _by_partition(rows)
        slices = [
            Slice(
                partition=partition,
                start=expected,
                end=records[-1].offset + 1,
                first_timestamp_ms=records[0].timestamp,
                last_timestamp_ms=records[-1].timestamp,
                rows=tables.get(partition, _NOTHING),
                rejected=tuple(sorted(rejected[partition])),
                gaps=find_gaps(expected, (record.offset for record in records)),
            )
            for partition, (expected, records) in batch.items()
        ]
        return slices, decoded.letters

    def _rows(self, decoded: DecodedBatch) -> tuple[DecodedBatch, pa.Table]:
        if not decoded.tweets:
            return decoded, _NOTHING
        model = self._model()
        columns = decoded.columns()
        scores, bad = score_isolating_failures(model, columns["text"])
        if bad:
            decoded = decoded.without(bad)
            columns = decoded.columns()
            scores = scores[np.isfinite(scores)]
        return decoded, self._table(columns, scores, model.model)

    def _table(self, columns: dict[str, pa.Array], scores: np.ndarray, model: str) -> pa.Table:
        n = len(scores)
        labels = pa.DictionaryArray.from_arrays(
            pa.array(scores >= THRESHOLD).cast(pa.int8()), [NEGATIVE, POSITIVE]
        )
        columns |= {
            "brands": self._brands().match(columns["text"]),
            "score": pa.array(scores, pa.float32()),
            "label": labels.cast(pa.string()),
            "model": pa.repeat(model, n),
            "scored_at": pa.repeat(pa.scalar(datetime.now(UTC), SCHEMA.field("scored_at").type), n),
            "topic": pa.repeat(self._topic, n),
        }
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _by_partition(rows: pa.Table) -> dict[int, pa.Table]:
    """Cut at partition boundaries; rows of one partition stand together because records were taken that way."""
    numbers = rows["partition"].to_numpy()
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return {
        int(numbers[start]): rows.slice(start, end - start) for start, end in pairwise(cuts) if end > start
    }


_NOTHING = SCHEMA.empty_table()
