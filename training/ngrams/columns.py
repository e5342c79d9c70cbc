"""What a linear model learns a weight for: a bucket's n-gram, or the runs of letters that its word is spelt with.

Either way the columns are summed into one weight for each bucket, which is all that a worker looks up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_array, diags_array
from sklearn.feature_extraction.text import HashingVectorizer

from model_registry.networks.token_ids import RESERVED_IDS
from model_registry.text.ngrams import NO_BUCKET

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.text.ngrams import NgramHasher
    from model_registry.text.vocabulary import Vocabulary
    from training.specs import NgramSpec

_SHORTEST_RUN: Final = 2
_RUNS: Final = 1 << 21
"""Columns that runs of letters are hashed into; the tweets have about a million runs of up to five letters."""

_USUAL_RARITY: Final = 10.0
"""About what an n-gram of a million tweets has, so that a penalty means what it means for TF-IDF of length 1."""


def columns_of(spec: NgramSpec, counts: csr_array, vocabulary: Vocabulary, hasher: NgramHasher) -> csr_array:
    """Say how much each bucket's n-gram has of each column: sparse float32 [buckets, columns].

    A rare n-gram has more of its column than a common one, so that it may weigh more at the same penalty, as with TF-IDF;
    but n-grams that share a bucket cannot be told apart, and count as they come.

    :param counts: [tweets, buckets], what each tweet has.
    """
    if spec.shared:
        return diags_array(np.ones(counts.shape[1], np.float32)).tocsr()
    rarity = diags_array(rarity_of(counts)).tocsr()
    return rarity @ _spelt(vocabulary, hasher, counts.shape[1], spec.letters) if spec.letters else rarity


def rarity_of(counts: csr_array) -> NDArray[np.float32]:
    """Give each bucket's inverse document frequency, float32 [buckets], of ``counts`` [tweets, buckets]."""
    tweets = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: NDArray[np.float32] = ((np.log((1 + counts.shape[0]) / (1 + tweets)) + 1) / _USUAL_RARITY).astype(
        np.float32
    )
    return rarity


def _spelt(vocabulary: Vocabulary, hasher: NgramHasher, buckets: int, longest: int) -> csr_array:
    """Spell each bucket's word: sparse float32 [buckets, columns], rows of length 1. A bucket without a word has nothing."""
    runs = HashingVectorizer(
        analyzer="char_wb",  # a blank stands at both ends
        ngram_range=(_SHORTEST_RUN, longest),
        n_features=_RUNS,
        alternate_sign=False,  # signs would make runs of one column cancel out
        lowercase=False,
        dtype=np.float32,
    )
    ids = np.arange(RESERVED_IDS, vocabulary.size, dtype=np.int32)[:, None]
    bucket = hasher(ids)[:, 0]
    words = np.flatnonzero(bucket != NO_BUCKET)
    ones = np.ones(len(words), np.float32)
    places = csr_array((ones, (bucket[words], words)), (buckets, len(ids)))
    return places @ csr_array(runs.transform(vocabulary.tokens))
