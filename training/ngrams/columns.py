"""The columns that a linear model learns weights for: n-grams, or the runs of letters in a word.

In both cases the columns are summed into one weight for each hash bucket, and the worker looks up nothing else.
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
"""About the inverse document frequency of an n-gram in a million tweets. Dividing by it gives a penalty the same meaning as
for TF-IDF rows of length 1."""


def compute_column_shares(
    spec: NgramSpec, counts: csr_array, vocabulary: Vocabulary, hasher: NgramHasher
) -> csr_array:
    """Return how much each hash bucket contributes to each column: sparse float32 [buckets, columns].

    A rare n-gram contributes more than a common one, so that it may weigh more at the same penalty, as with TF-IDF.
    N-grams that share a bucket cannot be told apart: each bucket then contributes 1.

    :param counts: [tweets, buckets], the n-grams of each tweet.
    """
    if spec.shared:
        return diags_array(np.ones(counts.shape[1], np.float32)).tocsr()
    rarity = diags_array(compute_inverse_document_frequency(counts)).tocsr()
    return (
        rarity @ _letter_runs(vocabulary, hasher, counts.shape[1], spec.letters) if spec.letters else rarity
    )


def compute_inverse_document_frequency(counts: csr_array) -> NDArray[np.float32]:
    """Return each bucket's scaled inverse document frequency, float32 [buckets], of ``counts`` [tweets, buckets]."""
    tweets = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = (np.log((1 + counts.shape[0]) / (1 + tweets)) + 1) / _USUAL_RARITY
    scaled: NDArray[np.float32] = rarity.astype(np.float32)
    return scaled


def _letter_runs(vocabulary: Vocabulary, hasher: NgramHasher, buckets: int, longest: int) -> csr_array:
    """Return the letter runs of each bucket's word: sparse float32 [buckets, columns], rows of length 1.

    The row of a bucket without a word is empty.
    """
    runs = HashingVectorizer(
        analyzer="char_wb",  # a blank stands at both ends
        ngram_range=(_SHORTEST_RUN, longest),
        n_features=_RUNS,
        alternate_sign=False,  # with signs, runs that share a column would cancel out
        lowercase=False,
        dtype=np.float32,
    )
    ids = np.arange(RESERVED_IDS, vocabulary.size, dtype=np.int32)[:, None]
    bucket = hasher(ids)[:, 0]
    words = np.flatnonzero(bucket != NO_BUCKET)
    ones = np.ones(len(words), np.float32)
    places = csr_array((ones, (bucket[words], words)), (buckets, len(ids)))
    return places @ csr_array(runs.transform(vocabulary.tokens))
