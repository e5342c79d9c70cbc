"""``python -m benchmarks.peers.verify``: check a peer's outputs against the topic's size and the product's scorer."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import redis as redis_client

from benchmarks.peers.scoring.sentiment import open_product_scorer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_registry.scoring.scorer import Scorer

TOLERANCE = 1e-5
COLUMNS = ["text", "score", "label", "brands", "partition", "offset"]


@dataclass(frozen=True, slots=True)
class Found:
    """``missing`` and ``doubled`` count rows by partition and offset; ``counted`` is what Redis has under ``all``."""

    rows: int
    missing: int
    doubled: int
    unreadable_files: int
    max_difference: float
    counted: int
    counters_equal_rows: bool

    @property
    def is_correct(self) -> bool:
        wrong = self.missing or self.doubled or self.unreadable_files
        return not wrong and self.max_difference <= TOLERANCE and self.counters_equal_rows


def verify(records: int, model: Path, out: Path, redis: str) -> Found:
    tables, unreadable = [], 0
    for path in find_visible_files(out):
        try:
            tables.append(pq.ParquetFile(path).read(COLUMNS))
        except (pa.ArrowInvalid, OSError):
            unreadable += 1
    rows = pa.concat_tables(tables) if tables else pa.table({name: [] for name in COLUMNS})
    places = rows.group_by(["partition", "offset"]).aggregate([]).num_rows
    counted, negative = read_counters(redis)
    return Found(
        rows=rows.num_rows,
        missing=records - places,
        doubled=rows.num_rows - places,
        unreadable_files=unreadable,
        max_difference=_find_max_difference(rows, open_product_scorer(model)),
        counted=counted["all"],
        counters_equal_rows=(counted, negative) == _count_rows(rows),
    )


def find_visible_files(out: Path) -> Iterator[Path]:
    """Yield the files that readers take for data, without hidden and temporary ones. Flink's have no extension."""
    for path in sorted({*out.rglob("*.parquet"), *out.rglob("part-*")}):
        if not any(part.startswith(("_", ".")) for part in path.relative_to(out).parts):
            yield path


def read_counters(redis: str) -> tuple[Counter[str], Counter[str]]:
    """Return the counters of each brand, summed over all minutes: tweets, negative tweets."""
    tweets: Counter[str] = Counter()
    negative: Counter[str] = Counter()
    with redis_client.Redis.from_url(redis, decode_responses=True) as client:
        for key in client.scan_iter("peer:*", count=1_000):
            _, brand, _ = key.split(":")
            values = client.hgetall(key)
            tweets[brand] += int(values["tweets"])
            negative[brand] += int(values.get("negative", 0))
    return tweets, +negative


def _count_rows(rows: pa.Table) -> tuple[Counter[str], Counter[str]]:
    tweets: Counter[str] = Counter()
    negative: Counter[str] = Counter()
    for brands, label in zip(rows["brands"].to_pylist(), rows["label"].to_pylist(), strict=True):
        for brand in ("all", *brands):
            tweets[brand] += 1
            negative[brand] += label == "NEGATIVE"
    return tweets, +negative


def _find_max_difference(rows: pa.Table, scorer: Scorer) -> float:
    """Return the largest difference of a row's score from the product's; infinite if a score is not a number."""
    if not rows.num_rows:
        return float("inf")
    texts = rows["text"].cast(pa.string()).combine_chunks()
    scores = pc.fill_null(rows["score"].cast(pa.float32()), float("nan")).to_numpy()
    difference = np.abs(scores - scorer.score(texts))
    return float(np.nan_to_num(difference, nan=np.inf).max())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.verify", description=__doc__)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--redis", required=True)
    found = verify(**vars(parser.parse_args()))
    print(json.dumps(asdict(found)))
    sys.exit(not found.is_correct)


if __name__ == "__main__":
    main()
