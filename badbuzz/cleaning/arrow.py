"""Cleaning over whole Arrow columns: what training and the worker call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.advanced import advanced
from badbuzz.cleaning.expressive import expressive
from badbuzz.cleaning.rules import ADVANCED, EXPRESSIVE
from badbuzz.cleaning.standard import standard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.cleaning.rules import CleaningRules

# Slices whose intermediate columns stay in the processor's cache, which 1.5M rows of training text do not.
_ROWS_AT_ONCE: Final = 16_384


def clean(texts: pa.Array | pa.ChunkedArray, rules: CleaningRules) -> pa.StringArray:
    """Clean a column of ``string`` or ``large_string`` by ``rules``; the same number of rows comes back.

    A null becomes an empty string, and so does a text of which nothing is left. What is clean already stays
    as it is. Time is linear in the text whatever it holds; threads may call this at once. The result is one
    array, so it must hold less than 2 GiB of text (Arrow's limit for ``string``).
    """
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    slices = [
        chunk.slice(at, _ROWS_AT_ONCE) for chunk in chunks for at in range(0, len(chunk), _ROWS_AT_ONCE)
    ]
    return pa.concat_arrays([pa.array([], pa.string()), *(_clean_slice(rows, rules) for rows in slices)])


def to_arrow(texts: Sequence[str]) -> pa.StringArray:
    r"""Make a column of ``texts``, with U+FFFD for each lone surrogate.

    JSON can spell a lone surrogate (``"\ud83d"``) and Python can hold it; UTF-8, and so Arrow, cannot.
    """
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([_without_surrogates(text) for text in texts], pa.string())


def _clean_slice(rows: pa.Array, rules: CleaningRules) -> pa.StringArray:
    texts = pc.fill_null(rows.cast(pa.string()), "")
    if rules == EXPRESSIVE:
        return expressive(texts)
    return advanced(standard(texts)) if rules == ADVANCED else standard(texts)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
