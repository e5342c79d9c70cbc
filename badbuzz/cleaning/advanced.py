"""The *advanced* rules of the study: stop words go, negations stay, and every noun becomes its singular.

They start from what the standard rules give. A word goes when it is a stop word or its singular is one (*others*):
what is left then stays as it is when it is cleaned again.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.nouns import singular
from badbuzz.cleaning.stop_words import STOP_WORDS


def advanced(texts: pa.StringArray) -> pa.StringArray:
    """Turn what the standard rules gave (no nulls) into what the advanced rules give; same length."""
    words = pc.split_pattern(texts, " ")
    encoded = words.flatten().dictionary_encode()
    lemma_of_each = pa.array([_lemma(word) for word in encoded.dictionary.to_pylist()], pa.string())
    lemmas = lemma_of_each.take(encoded.indices)
    kept_before = np.zeros(len(lemmas) + 1, np.int32)
    np.cumsum(lemmas.is_valid().to_numpy(zero_copy_only=False), out=kept_before[1:])
    offsets = pa.array(kept_before[words.offsets.to_numpy()])
    return pc.binary_join(pa.ListArray.from_arrays(offsets, lemmas.drop_null()), " ")


def _lemma(word: str) -> str | None:
    lemma = singular(word)
    return None if not word or word in STOP_WORDS or lemma in STOP_WORDS else lemma
