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
from model_registry.scoring.scores import Scores
from worker.chain.port import RecordTime
from worker.core.slices import Slice, find_gaps
from worker.pipeline.decode import decode_records
from worker.pipeline.failure_isolation import FailureIsolation, TextScorer
from worker.source.port import LOG_APPEND_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.core.slices import DeliveredRecords, MicroBatch
    from worker.dead_letters.port import DeadLetter
    from worker.pipeline.decode import DecodedBatch

THRESHOLD = 0.5
"""A lower score is negative, as in the study's service. A tweet of which the model can read nothing has no score."""


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
    """Scores micro-batches. ``model`` and ``brands`` are called for each batch, as they change while the worker runs.

    Tombstones are skipped, or with ``skip_tombstones`` False become dead letters.
    """

    def __init__(
        self,
        topic: str,
        model: Callable[[], NamedScorer],
        brands: Callable[[], BrandFinder],
        *,
        skip_tombstones: bool = True,
    ) -> None:
        self._topic = topic
        self._model = model
        self._brands = brands
        self._skip_tombstones = skip_tombstones
        self._isolation = FailureIsolation()

    def score(self, batch: MicroBatch) -> tuple[list[Slice], list[DeadLetter]]:
        """Return one slice per partition, and the dead letters.

        :raises GiveUp: if the engine is broken.
        """
        decoded = decode_records(batch.values(), skip_tombstones=self._skip_tombstones)
        decoded, rows = self._score_tweets(decoded)
        rejected: dict[int, list[int]] = defaultdict(list)
        for letter in decoded.letters:
            rejected[letter.record.partition].append(letter.record.offset)
        tombstones: dict[int, list[int]] = defaultdict(list)
        for record in decoded.tombstones:
            tombstones[record.partition].append(record.offset)
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
                gaps=find_gaps(
                    delivered.position,
                    (record.offset for record in delivered.records),
                    tombstones[partition],
                ),
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
        scores, bad = self._isolation.score(model, columns["text"])
        if bad:
            decoded = decoded.reject(bad)
            columns = decoded.build_columns()
            kept = np.isfinite(scores.probabilities)
            scores = Scores(scores.probabilities[kept], scores.unread[kept])
        searched = decoded.build_searched_texts(columns["text"])
        return decoded, self._build_rows(columns, searched, scores, model.model)

    def _build_rows(
        self, columns: dict[str, pa.Array], searched: pa.Array, scores: Scores, model: str
    ) -> pa.Table:
        n = len(scores.probabilities)
        # A delete is a row without a score, whatever text it has.
        is_delete = pc.fill_null(pc.equal(columns["kind"], DELETE), fill_value=False)
        unread = scores.unread | is_delete.to_numpy(zero_copy_only=False)
        positive = pa.array(scores.probabilities >= THRESHOLD, mask=unread)
        labels = pa.DictionaryArray.from_arrays(positive.cast(pa.int8()), [NEGATIVE, POSITIVE])
        columns |= {
            "brands": self._brands().match(searched),
            "score": pa.array(scores.probabilities, pa.float32(), mask=unread),
            "label": labels.cast(pa.string()),
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
