"""Runs of neighbouring words (n-grams) as numbers: the same code for training and for scoring.

An n-gram's hash is made of its words' own, never of their ids, so that it survives when a vocabulary is cut down.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from model_registry.network import PADDING_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.network import Wide
    from model_registry.vocabulary import Vocabulary

NO_BUCKET: Final = 0
"""Where there is no n-gram; its weight counts nothing."""

_WORD_BYTES: Final = 8
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number of random bits: it moves the words before, so that "not good" is not "good not"."""

_UPPER_HALF: Final = np.uint64(32)
_NOBODY: Final = b""
"""What padding and the unknown word hash; no word is empty."""


class NgramHasher:
    """Puts the n-grams of tweets into the buckets of a wide term."""

    def __init__(self, wide: Wide, vocabulary: Vocabulary) -> None:
        self._longest = wide.longest
        self._buckets = np.uint64(wide.buckets - 1)
        words = (_NOBODY, _NOBODY, *(token.encode() for token in vocabulary.tokens))
        self._words = np.array([_hash(word) for word in words], np.uint64)

    def __call__(self, ids: NDArray[np.integer]) -> NDArray[np.int32]:
        """Give each n-gram's bucket: int32 [tweets, n-grams], of ``ids`` int [tweets, length], padded on the right.

        Single words come first, then pairs, and so on; where padding begins there is :data:`NO_BUCKET`.
        """
        words = self._words[ids]
        hashes, found = words, []
        for before in range(min(self._longest, ids.shape[1])):
            if before:
                hashes = hashes[:, :-1] * _MULTIPLIER + words[:, before:]
            found.append(np.where(ids[:, before:] == PADDING_ID, NO_BUCKET, self._bucket(hashes)))
        return np.concatenate(found, axis=1) if found else np.empty(ids.shape, np.int32)

    def _bucket(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Scale the upper half, whose bits depend on all of the hash, to 1 … buckets - 1."""
        return (((hashes >> _UPPER_HALF) * self._buckets >> _UPPER_HALF) + np.uint64(1)).astype(np.int32)


class WideTerm:
    """The sum of a tweet's n-grams' weights."""

    def __init__(self, hasher: NgramHasher, weights: NDArray[np.floating]) -> None:
        self._hasher = hasher
        self._weights = weights[:, 0].astype(np.float32)
        self._weights[NO_BUCKET] = 0

    def __call__(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """Sum the weights: float32 [tweets, 1], of ``ids`` int [tweets, length], padded on the right."""
        total: NDArray[np.float32] = self._weights[self._hasher(ids)].sum(axis=1, keepdims=True)
        return total


def _hash(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=_WORD_BYTES).digest(), "little")
