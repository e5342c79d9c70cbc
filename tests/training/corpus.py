"""Made-up tweets of plain mood, and vectors for their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

SAD = ("late", "lost", "awful", "rude", "cold")
GLAD = ("great", "kind", "quick", "warm", "lovely")
THINGS = ("crew", "bag", "flight", "seat", "coffee", "gate", "queue")
WORDS = (*SAD, *GLAD, *THINGS, "the", "was", "and", "so", "hashtag", "user")


def tweets(rows: int, seed: int = 1) -> pa.Table:
    """Return different tweets, half of them sad, sorted by label as in the original file."""
    random = np.random.default_rng(seed)
    labels = np.sort(np.arange(rows) % 2).astype(np.int8)
    return pa.table(
        {
            "label": labels,
            "user": pa.array([None if row % 4 else f"flyer{row}" for row in range(rows)], pa.string()),
            "text": [_tweet(random, GLAD if label else SAD, row) for row, label in enumerate(labels)],
        }
    )


def _tweet(random: np.random.Generator, moods: tuple[str, ...], row: int) -> str:
    clauses = [
        f"the {random.choice(THINGS)} was so {random.choice(moods)}" for _ in range(random.integers(1, 4))
    ]
    return f"@flyer{row} {' and '.join(clauses)}! #{row}"


def write_folder(folder: Path, train: int = 400, test: int = 120) -> Path:
    """Write ``train.parquet`` and ``test.parquet``."""
    pq.write_table(tweets(train), folder / "train.parquet")
    pq.write_table(tweets(test, seed=2), folder / "test.parquet")
    return folder


def write_glove(path: Path, dimensions: int = 6) -> Path:
    """Write a vector for each word but the first."""
    random = np.random.default_rng(3)
    lines = [f"{word} {' '.join(f'{x:.4f}' for x in random.normal(size=dimensions))}" for word in WORDS[1:]]
    path.write_text("\n".join(lines) + "\n")
    return path
