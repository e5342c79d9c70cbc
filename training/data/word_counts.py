"""Count the words of cleaned texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa


def count_words(texts: pa.StringArray) -> dict[str, int]:
    """Return how often each word occurs in the cleaned texts."""
    counts = pc.split_pattern(texts, " ").flatten().value_counts()
    words, numbers = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    return {word: number for word, number in zip(words, numbers, strict=True) if word}
