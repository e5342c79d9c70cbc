"""The *advanced* rules of the study: drop stop words, keep negations, replace each noun by its singular.

They apply to the output of the standard rules. A word is dropped if it or its singular (*others* → *other*) is a stop word, so
that cleaning the result again does not change it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.nouns import to_singular
from badbuzz.cleaning.stop_words import STOP_WORDS


def clean_advanced(texts: pa.StringArray) -> pa.StringArray:
    """Apply the advanced rules to the output of the standard rules (no nulls); the length stays the same."""
    words = pc.split_pattern(texts, " ")
    encoded = words.flatten().dictionary_encode()
    lemma_of_each = pa.array([_lemma(word) for word in encoded.dictionary.to_pylist()], pa.string())
    lemmas = lemma_of_each.take(encoded.indices)
    kept_before = np.zeros(len(lemmas) + 1, np.int32)
    np.cumsum(lemmas.is_valid().to_numpy(zero_copy_only=False), out=kept_before[1:])
    offsets = pa.array(kept_before[words.offsets.to_numpy()])
    return pc.binary_join(pa.ListArray.from_arrays(offsets, lemmas.drop_null()), " ")


def _lemma(word: str) -> str | None:
    lemma = to_singular(word)
    return None if not word or word in STOP_WORDS or lemma in STOP_WORDS else lemma
