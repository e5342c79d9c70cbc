"""What a team would keep in a library and call from any framework: the product's scorer and brand matcher, rows, counters.

All peers but the plain script use it, so that between them and the product only the pipeline differs; or the pipeline and what
runs the model, where the model comes as an ONNX file.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.brands import BrandMatcher
from badbuzz.cleaning import to_arrow
from benchmarks.peers.scoring import ONNX_FILE
from model_registry.package.directory import read_directory
from model_registry.scoring.scorer import Scorer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import redis
    from numpy.typing import NDArray

    from benchmarks.peers.scoring.onnx_scorer import OnnxScorer

ROW = pa.schema(
    {
        "id": pa.string(),
        "text": pa.string(),
        "score": pa.float32(),
        "label": pa.string(),
        "brands": pa.list_(pa.string()),
        "partition": pa.int32(),
        "offset": pa.int64(),
    }
)
_MINUTE_MS = 60_000


class Sentiment:
    """One model version with one list of brands."""

    def __init__(self, model: Path) -> None:
        self._scorer = _onnx_scorer(model) or product_scorer(model)
        self._matcher = BrandMatcher.from_yaml(model / "brands.yaml")

    def score(self, texts: pa.Array) -> NDArray[np.float32]:
        """Give the probability of positive of each raw text."""
        return self._scorer.score(texts)

    def brands(self, texts: pa.Array) -> pa.ListArray:
        """Name the brands in each raw text."""
        return self._matcher.match(texts)

    def label(self, scores: NDArray[np.float32]) -> pa.StringArray:
        """``NEGATIVE`` or ``POSITIVE``."""
        return pc.if_else(pa.array(scores < self._scorer.threshold), "NEGATIVE", "POSITIVE")

    def rows(
        self, tweets: Sequence[dict[str, Any]], partitions: Sequence[int], offsets: Sequence[int]
    ) -> pa.Table:
        """Make decoded tweets into rows of :data:`ROW`."""
        texts = to_arrow([tweet["text"] for tweet in tweets])
        scores = self.score(texts)
        columns = [
            [tweet["id"] for tweet in tweets],
            texts,
            scores,
            self.label(scores),
            self.brands(texts),
            partitions,
            offsets,
        ]
        return pa.table(columns, schema=ROW)


def product_scorer(model: Path) -> Scorer:
    """Open the product's own."""
    version = model / "version"
    return Scorer.open(read_directory(version).open(str(version)))


def _onnx_scorer(model: Path) -> OnnxScorer | None:
    """Open the ONNX file of a model that has one, in the environments that have its runtime."""
    if not (model / ONNX_FILE).exists():
        return None
    from benchmarks.peers.scoring.onnx_scorer import OnnxScorer  # noqa: PLC0415 - most peers run without

    return OnnxScorer(model)


def sentiment_of(model: Path) -> Sentiment:
    """Open a model once a thread, for frameworks that carry functions to processes of theirs.

    Flink lets two threads of a process work at a time, and a scorer is one thread's.
    """
    return _opened(model, threading.get_ident())


@cache
def _opened(model: Path, _thread: int) -> Sentiment:
    return Sentiment(model)


def counts(rows: pa.Table, timestamps_ms: Sequence[int]) -> Iterable[tuple[str, int, int, int]]:
    """Count per brand, ``all`` included, and per minute of Kafka's timestamp: (brand, minute, tweets, negative)."""
    rows = pa.table(
        {
            "brand": pc.fill_null(
                pa.array([["all", *brands] for brands in rows["brands"].to_pylist()], pa.list_(pa.string())),
                [],
            ),
            "minute": np.asarray(timestamps_ms) // _MINUTE_MS,
            "negative": pc.equal(rows["label"], "NEGATIVE").cast(pa.int64()),
        }
    )
    each = rows.select(["minute", "negative"]).take(pc.list_parent_indices(rows["brand"]))
    each = each.append_column("brand", pc.list_flatten(rows["brand"]))
    grouped = each.group_by(["brand", "minute"]).aggregate([("negative", "count"), ("negative", "sum")])
    return zip(*(column.to_pylist() for column in grouped.select(_ORDER)), strict=True)


_ORDER = ["brand", "minute", "negative_count", "negative_sum"]


def add(client: redis.Redis, counted: Iterable[tuple[str, int, int, int]], once: str | None = None) -> None:
    """Add counts to Redis, all or none of them.

    :param once: a key that names these counts, for a framework that repeats a batch unchanged: what is there is not added again.
    """
    with client.pipeline(transaction=True) as pipeline:
        if once:
            pipeline.watch(once)  # type: ignore[no-untyped-call]
            if pipeline.exists(once):
                return
            pipeline.multi()
            pipeline.set(once, 1)
        for brand, minute, tweets, negative in counted:
            key = f"peer:{brand}:{minute}"
            pipeline.hincrby(key, "tweets", tweets)
            pipeline.hincrby(key, "negative", negative)
        pipeline.execute()
