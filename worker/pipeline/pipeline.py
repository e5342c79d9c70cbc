"""Scores micro-batches. The records of all partitions are scored together, because long batches are faster."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.contracts.scored_row import NEGATIVE, POSITIVE, SCHEMA
from badbuzz.contracts.tweet import DELETE
from worker.chain.port import RecordTime
from worker.core.slices import Slice, find_gaps
from worker.pipeline.decode import decode_records
from worker.pipeline.failure_isolation import TextScorer, score_isolating_failures
from worker.source.port import LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.core.slices import DeliveredRecords, MicroBatch
    from worker.dead_letters.port import DeadLetter
    from worker.pipeline.decode import DecodedBatch

THRESHOLD = 0.5
"""A lower score is negative, as in the study's service."""


class NamedScorer(TextScorer, Protocol):
    """A scorer with the name of its model."""

    @property
    def model(self) -> str:
        """``name:version``."""


class BrandFinder(Protocol):
    """Finds brands in texts."""

    def match(self, texts: pa.Array) -> pa.ListArray:
        """Return the names of the brands in each text: ``[n]`` strings to ``[n]`` lists."""


class Pipeline:
    """Scores micro-batches. ``model`` and ``brands`` are called for each batch, as they change while the worker runs."""

    def __init__(
        self, topic: str, model: Callable[[], NamedScorer], brands: Callable[[], BrandFinder]
    ) -> None:
        self._topic = topic
        self._model = model
        self._brands = brands

    def score(self, batch: MicroBatch) -> tuple[list[Slice], list[DeadLetter]]:
        """Return one slice per partition, and the dead letters.

        :raises GiveUp: if the model is broken.
        """
        decoded = decode_records(batch.values())
        decoded, rows = self._score_tweets(decoded)
        rejected: dict[int, list[int]] = defaultdict(list)
        for letter in decoded.letters:
            rejected[letter.record.partition].append(letter.record.offset)
        tables = _split_by_partition(rows)
        slices = [
            Slice(
                partition=partition,
                start=delivered.position,
                end=delivered.records[-1].offset + 1,
                first=_describe_first(delivered),
                last_arrived_ms=int(delivered.arrived_ms[-1]),
                rows=tables.get(partition, _NO_ROWS),
                rejected=tuple(sorted(rejected[partition])),
                gaps=find_gaps(delivered.position, (record.offset for record in delivered.records)),
                leader_epoch=delivered.records[-1].leader_epoch,
            )
            for partition, delivered in batch.items()
        ]
        return slices, decoded.letters

    def _score_tweets(self, decoded: DecodedBatch) -> tuple[DecodedBatch, pa.Table]:
        if not decoded.tweets:
            return decoded, _NO_ROWS
        model = self._model()
        columns = decoded.build_columns()
        scores, bad = score_isolating_failures(model, columns["text"])
        if bad:
            decoded = decoded.reject(bad)
            columns = decoded.build_columns()
            scores = scores[np.isfinite(scores)]
        searched = decoded.build_searched_texts(columns["text"])
        return decoded, self._build_rows(columns, searched, scores, model.model)

    def _build_rows(
        self, columns: dict[str, pa.Array], searched: pa.Array, scores: np.ndarray, model: str
    ) -> pa.Table:
        n = len(scores)
        labels = pa.DictionaryArray.from_arrays(
            pa.array(scores >= THRESHOLD).cast(pa.int8()), [NEGATIVE, POSITIVE]
        )
        # A delete is a row without a score, whatever text it has.
        is_read = pc.fill_null(pc.not_equal(columns["kind"], DELETE), fill_value=True)
        columns |= {
            "brands": self._brands().match(searched),
            "score": pc.if_else(is_read, pa.array(scores, pa.float32()), None),
            "label": pc.if_else(is_read, labels.cast(pa.string()), None),
            "model": pa.repeat(model, n),
            "scored_at": pa.repeat(pa.scalar(datetime.now(UTC), SCHEMA.field("scored_at").type), n),
            "topic": pa.repeat(self._topic, n),
        }
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _describe_first(delivered: DeliveredRecords) -> RecordTime:
    first = delivered.records[0]
    return RecordTime(
        first.timestamp, int(delivered.arrived_ms[0]), is_kafkas=first.timestamp_type == LOG_APPEND_TIME
    )


def _split_by_partition(rows: pa.Table) -> dict[int, pa.Table]:
    """Split rows by partition. Rows of one partition are consecutive, as the records were decoded in that order."""
    numbers = rows["partition"].to_numpy()
    cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return {
        int(numbers[start]): rows.slice(start, end - start) for start, end in pairwise(cuts) if end > start
    }


_NO_ROWS = SCHEMA.empty_table()
