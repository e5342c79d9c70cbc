"""Cleans whole Arrow columns: the functions that training and the worker call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.advanced import clean_advanced
from badbuzz.cleaning.expressive import clean_expressive
from badbuzz.cleaning.standard import clean_standard
from badbuzz.contracts.surrogates import replace_lone_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.cleaning.rule_sets import CleaningRules

_ROWS_AT_ONCE: Final = 16_384
"""The intermediate columns of this many rows fit into the processor's cache; those of 1.5M rows of training text do not."""


def clean(texts: pa.Array | pa.ChunkedArray, rules: CleaningRules) -> pa.StringArray:
    """Clean a column of ``string`` or ``large_string`` by ``rules``. The number of rows stays the same.

    A null becomes an empty string. Cleaning is idempotent, takes time linear in the length of the text, and is
    thread-safe. The result is one array, so it must be shorter than 2 GiB (Arrow's limit for ``string``).
    """
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    parts = [chunk.slice(at, _ROWS_AT_ONCE) for chunk in chunks for at in range(0, len(chunk), _ROWS_AT_ONCE)]
    return pa.concat_arrays([pa.array([], pa.string()), *(_clean_part(rows, rules) for rows in parts)])


def to_arrow(texts: Sequence[str]) -> pa.StringArray:
    r"""Return ``texts`` as a column, with U+FFFD for each lone surrogate.

    JSON and Python strings can contain a lone surrogate (``"\ud83d"``); UTF-8, which Arrow uses, cannot.
    """
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([replace_lone_surrogates(text) for text in texts], pa.string())


def _clean_part(rows: pa.Array, rules: CleaningRules) -> pa.StringArray:
    texts = pc.fill_null(rows.cast(pa.string()), "")
    if rules.name == "expressive":
        return clean_expressive(texts, rules.version)
    standard = clean_standard(texts, rules.version)
    return clean_advanced(standard) if rules.name == "advanced" else standard
