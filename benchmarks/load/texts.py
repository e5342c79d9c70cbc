"""Endless texts: those of a file, or texts composed from the project's samples, with the lengths of tweets."""

from __future__ import annotations

import csv
from itertools import cycle
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

import badbuzz
from benchmarks.load.lengths import TWEETS_BY_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SAMPLE: Final = Path(badbuzz.__file__).parent / "data" / "sample.csv"
BRANDED: Final = 0.08
"""Share of tweets that name a brand."""
BRANDS: Final = ("airparadis", "kofirepublic", "lumafone", "trilliumbank", "zapcab")
"""Handles of the shipped brands, which :data:`SAMPLE` names, too."""
_SIX_COLUMNS_TEXT: Final = 5
_SEED: Final = 5
_DRAWN_AT_ONCE: Final = 4_096


def make_texts(
    data: Path | None = None, brands: Sequence[str] = BRANDS, words: int | None = None
) -> Iterator[str]:
    """Yield texts without end, the same ones on each call. Eight in a hundred name one of ``brands``.

    :param data: Parquet with a column ``text``, or CSV in the format of Sentiment140; its texts repeat. None for composed
        texts, of which hardly two are equal.
    :param words: number of words in each composed text, instead of the lengths of tweets.
    """
    found = _compose(words) if data is None else cycle(_read(data))
    return _add_brands(brands, found)


def make_arrow_texts(count: int, data: Path | None = None) -> pa.Array:
    """Return the first ``count`` of :func:`make_texts` as an Arrow array."""
    found = make_texts(data)
    return pa.array([next(found) for _ in range(count)], pa.string())


def _read(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        found: list[str] = pq.read_table(path, columns=["text"])["text"].to_pylist()
        return found
    with path.open(encoding="utf-8", newline="") as file:
        return [row[_SIX_COLUMNS_TEXT] for row in csv.reader(file, strict=True)]


def _compose(words: int | None) -> Iterator[str]:
    random = Random(_SEED)
    ring = [word for text in _read(SAMPLE) for word in text.split() if not _names_a_brand(word)]
    lengths = range(len(TWEETS_BY_WORDS)) if words is None else [words]
    weights = TWEETS_BY_WORDS if words is None else [1]
    ring += ring[: max(lengths)]
    last = len(ring) - max(lengths)
    while True:
        for length in random.choices(lengths, weights, k=_DRAWN_AT_ONCE):
            start = int(random.random() * last)
            yield " ".join(ring[start : start + length])


def _names_a_brand(word: str) -> bool:
    plain = word.lower()
    return any(part in plain for part in (*BRANDS, "paradis", "kofi", "luma", "trillium", "zap"))


def _add_brands(brands: Sequence[str], found: Iterable[str]) -> Iterator[str]:
    """Replace the first word of some texts by a brand's handle, which keeps their lengths."""
    random = Random(_SEED)
    for text in found:
        if random.random() < BRANDED:
            handle = brands[int(random.random() * len(brands))]
            yield f"@{handle} {text.partition(' ')[2]}"
        else:
            yield text
