"""Runs of neighbouring words (n-grams) as numbers: the same code for training and for scoring.

An n-gram's hash is made of its words' own, never of their ids, so that it survives when a vocabulary is cut down.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.networks.token_ids import PADDING_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.ngram_term import NgramTerm
    from model_registry.text.vocabulary import Vocabulary

FINGERPRINTS: Final = 1 << 11
"""How many there are: half precision holds whole numbers below exactly."""

NO_BUCKET: Final = 0
"""Where there is no n-gram; its weight counts nothing."""

_WORD_BYTES: Final = 8
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number of random bits: it moves the words before, so that "not good" is not "good not"."""

_UPPER_HALF: Final = np.uint64(32)
_FINGERPRINT_BITS: Final = np.uint64(FINGERPRINTS - 1)
_NOBODY: Final = b""
"""What padding and the unknown word hash; no word is empty."""


class NgramHasher:
    """Puts the n-grams of tweets into the buckets of a wide term.

    With ``fingerprints``, one for each bucket, an n-gram counts only if its bucket has its own.
    """

    def __init__(
        self, wide: NgramTerm, vocabulary: Vocabulary, fingerprints: NDArray[np.floating] | None = None
    ) -> None:
        self._longest = wide.longest_ngram
        self._buckets = np.uint64(wide.buckets - 1)
        self._fingerprints = None if fingerprints is None else fingerprints.astype(np.uint16)
        words = (_NOBODY, _NOBODY, *(token.encode() for token in vocabulary.tokens))
        self._words = np.array([_hash(word) for word in words], np.uint64)

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Give each n-gram's bucket: int32 [tweets, n-grams], of ``ids`` int32 [tweets, length], padded on the right.

        Single words come first, then pairs, and so on; where padding begins, and for an n-gram that does not count, there
        is :data:`NO_BUCKET`.
        """
        hashes, told = self.hash_ngrams(ids)
        buckets = self.select_buckets(hashes)
        if self._fingerprints is not None:
            told &= self._fingerprints[buckets] == compute_fingerprints(hashes)
        return np.where(told, buckets, NO_BUCKET)

    def hash_ngrams(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Give each n-gram's hash, and whether there is one: [tweets, n-grams]."""
        words = self._words[ids]
        hashes, found, told = words, [words], [ids != PADDING_ID]
        for before in range(1, min(self._longest, ids.shape[1])):
            hashes = hashes[:, :-1] * _MULTIPLIER + words[:, before:]
            found.append(hashes)
            told.append(ids[:, before:] != PADDING_ID)
        return np.concatenate(found, axis=1), np.concatenate(told, axis=1)

    def select_buckets(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Scale the upper half, whose bits depend on all of the hash, to 1 … buckets - 1."""
        return (((hashes >> _UPPER_HALF) * self._buckets >> _UPPER_HALF) + np.uint64(1)).astype(np.int32)


def open_hasher(
    wide: NgramTerm | None, vocabulary: Vocabulary, tensors: Mapping[str, NDArray[np.floating]]
) -> NgramHasher | None:
    """Make the hasher of a network's wide term; None if it has none."""
    return NgramHasher(wide, vocabulary, tensors.get(NGRAM_FINGERPRINTS)) if wide else None


class NgramLogits:
    """The sum of a tweet's n-grams' weights, as its network wants it summed."""

    def __init__(
        self, wide: NgramTerm, vocabulary: Vocabulary, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self._hasher = NgramHasher(wide, vocabulary, tensors.get(NGRAM_FINGERPRINTS))
        self._weights = tensors[NGRAM_WEIGHTS][:, 0].astype(np.float32)
        self._weights[NO_BUCKET] = 0
        self._divides = wide.is_scaled

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sum the weights: float32 [tweets, 1], of ``ids`` int32 [tweets, length], padded on the right."""
        buckets = self._hasher(ids)
        total: NDArray[np.float32] = self._weights[buckets].sum(axis=1, keepdims=True)
        return total * inverse_root_counts(buckets) if self._divides else total


def inverse_root_counts(buckets: NDArray[np.int32]) -> NDArray[np.float32]:
    """One by the root of how many n-grams of a tweet count: float32 [tweets, 1], of ``buckets`` [tweets, n-grams].

    Long tweets would be surer than short ones by their length alone.
    """
    number = np.count_nonzero(buckets, axis=1, keepdims=True).astype(np.float32)
    roots: NDArray[np.float32] = np.sqrt(np.maximum(number, 1), dtype=np.float32)
    found: NDArray[np.float32] = np.reciprocal(roots)
    return found


def compute_fingerprints(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Take bits that say nothing of the bucket: uint16, below :data:`FINGERPRINTS`."""
    return (hashes & _FINGERPRINT_BITS).astype(np.uint16)


def _hash(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=_WORD_BYTES).digest(), "little")
