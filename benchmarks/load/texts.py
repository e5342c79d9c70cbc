"""Endless texts: those of a file, or ones put together from the project's own samples, as long as tweets are."""

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
"""Handles of the brands that ship, also those of :data:`SAMPLE`."""
_SIX_COLUMNS_TEXT: Final = 5
_SEED: Final = 5
_DRAWN_AT_ONCE: Final = 4_096


def texts(
    data: Path | None = None, brands: Sequence[str] = BRANDS, words: int | None = None
) -> Iterator[str]:
    """Texts without end, of which eight in a hundred name one of ``brands``; the same ones each time.

    :param data: Parquet with a column ``text``, or CSV as Sentiment140 has it; its texts come round again. None for
        composed ones, of which hardly two are alike.
    :param words: so many in each, instead of as many as tweets have; for composed ones only.
    """
    found = _composed(words) if data is None else cycle(_read(data))
    return _naming(brands, found)


def arrow_texts(count: int, data: Path | None = None) -> pa.Array:
    """The first ``count`` of :func:`texts`, as the scorer takes them."""
    found = texts(data)
    return pa.array([next(found) for _ in range(count)], pa.string())


def _read(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        found: list[str] = pq.read_table(path, columns=["text"])["text"].to_pylist()
        return found
    with path.open(encoding="utf-8", newline="") as file:
        return [row[_SIX_COLUMNS_TEXT] for row in csv.reader(file, strict=True)]


def _composed(words: int | None) -> Iterator[str]:
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


def _naming(brands: Sequence[str], found: Iterable[str]) -> Iterator[str]:
    """Put a brand's handle in the place of the first word, so that texts stay as long as they are."""
    random = Random(_SEED)
    for text in found:
        if random.random() < BRANDED:
            handle = brands[int(random.random() * len(brands))]
            yield f"@{handle} {text.partition(' ')[2]}"
        else:
            yield text
