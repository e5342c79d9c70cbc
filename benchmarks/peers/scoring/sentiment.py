"""The code that all peers but the plain script share: scoring, brands, rows, counters.

So only the pipeline differs from the product, or the pipeline and the engine if the model is an ONNX file.
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
        self._scorer = _open_onnx_scorer(model) or open_product_scorer(model)
        self._matcher = BrandMatcher.from_yaml(model / "brands.yaml")

    def score(self, texts: pa.Array) -> NDArray[np.float32]:
        """Return the probability of *positive* of each raw text."""
        return self._scorer.score(texts)

    def find_brands(self, texts: pa.Array) -> pa.ListArray:
        """Return the brands in each raw text."""
        return self._matcher.match(texts)

    def label(self, scores: NDArray[np.float32]) -> pa.StringArray:
        """Return ``NEGATIVE`` or ``POSITIVE`` for each score."""
        return pc.if_else(pa.array(scores < self._scorer.threshold), "NEGATIVE", "POSITIVE")

    def make_rows(
        self, tweets: Sequence[dict[str, Any]], partitions: Sequence[int], offsets: Sequence[int]
    ) -> pa.Table:
        """Return decoded tweets as rows of :data:`ROW`."""
        texts = to_arrow([tweet["text"] for tweet in tweets])
        scores = self.score(texts)
        columns = [
            [tweet["id"] for tweet in tweets],
            texts,
            scores,
            self.label(scores),
            self.find_brands(texts),
            partitions,
            offsets,
        ]
        return pa.table(columns, schema=ROW)


def open_product_scorer(model: Path) -> Scorer:
    """Open the product's scorer."""
    version = model / "version"
    return Scorer.open(read_directory(version).open(str(version)))


def _open_onnx_scorer(model: Path) -> OnnxScorer | None:
    """Open the model's ONNX file if it has one."""
    if not (model / ONNX_FILE).exists():
        return None
    from benchmarks.peers.scoring.onnx_scorer import OnnxScorer  # noqa: PLC0415 - most peers run without

    return OnnxScorer(model)


def open_sentiment(model: Path) -> Sentiment:
    """Open a model once per thread, for frameworks that run functions in their own processes.

    Flink runs two threads in a process, and a scorer is not thread-safe.
    """
    return _opened(model, threading.get_ident())


@cache
def _opened(model: Path, _thread: int) -> Sentiment:
    return Sentiment(model)


def count_tweets(rows: pa.Table, timestamps_ms: Sequence[int]) -> Iterable[tuple[str, int, int, int]]:
    """Count tweets per brand (and ``all``) and minute of Kafka's timestamp: (brand, minute, tweets, negative)."""
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


def add_counts(
    client: redis.Redis, counted: Iterable[tuple[str, int, int, int]], once: str | None = None
) -> None:
    """Add counts to Redis, all or none.

    :param once: a key for these counts. If it exists they are not added again, for frameworks that repeat a batch unchanged.
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
