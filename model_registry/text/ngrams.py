"""Computes the hash buckets of n-grams (neighbouring words). Training and scoring use the same code.

An n-gram's hash is computed from the hashes of its words, not from their ids, so that it survives pruning of the vocabulary.
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
"""The number of different fingerprints: half precision represents smaller whole numbers exactly."""

NO_BUCKET: Final = 0
"""The hash bucket that stands for no n-gram; its weight is ignored."""

_WORD_BYTES: Final = 8
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""A random odd number that multiplies the hash of the words before, so that "not good" and "good not" differ."""

_UPPER_HALF: Final = np.uint64(32)
_FINGERPRINT_BITS: Final = np.uint64(FINGERPRINTS - 1)
_NO_WORD: Final = b""
"""Hashed in place of padding and the unknown word; words are never empty."""


class NgramHasher:
    """Finds the hash buckets of tweets' n-grams.

    With ``fingerprints``, one for each hash bucket, an n-gram counts only if its bucket has its fingerprint.
    """

    def __init__(
        self, term: NgramTerm, vocabulary: Vocabulary, fingerprints: NDArray[np.floating] | None = None
    ) -> None:
        self._longest = term.longest_ngram
        self._buckets = np.uint64(term.buckets - 1)
        self._fingerprints = None if fingerprints is None else fingerprints.astype(np.uint16)
        words = (_NO_WORD, _NO_WORD, *(token.encode() for token in vocabulary.tokens))
        self._words = np.array([_hash(word) for word in words], np.uint64)

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the hash bucket of each n-gram: int32 [tweets, n-grams].

        Single words come first, then pairs, and so on. Padding, and n-grams that do not count, have :data:`NO_BUCKET`.

        :param ids: int32 [tweets, length], padded on the right.
        """
        hashes, present = self.hash_ngrams(ids)
        buckets = self.select_buckets(hashes)
        if self._fingerprints is not None:
            present &= self._fingerprints[buckets] == compute_fingerprints(hashes)
        return np.where(present, buckets, NO_BUCKET)

    def hash_ngrams(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Return the hash of each n-gram, and whether the n-gram exists: [tweets, n-grams] both."""
        words = self._words[ids]
        hashes, found, present = words, [words], [ids != PADDING_ID]
        for before in range(1, min(self._longest, ids.shape[1])):
            hashes = hashes[:, :-1] * _MULTIPLIER + words[:, before:]
            found.append(hashes)
            present.append(ids[:, before:] != PADDING_ID)
        return np.concatenate(found, axis=1), np.concatenate(present, axis=1)

    def select_buckets(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the hash buckets, 1 … buckets - 1, scaled from the upper halves, whose bits depend on all bits of the hash."""
        return (((hashes >> _UPPER_HALF) * self._buckets >> _UPPER_HALF) + np.uint64(1)).astype(np.int32)


def open_hasher(
    term: NgramTerm | None, vocabulary: Vocabulary, tensors: Mapping[str, NDArray[np.floating]]
) -> NgramHasher | None:
    """Return the hasher of a network's n-gram term; None if the network has no such term."""
    return NgramHasher(term, vocabulary, tensors.get(NGRAM_FINGERPRINTS)) if term else None


class NgramLogits:
    """Computes what an n-gram term adds to the logit of each tweet."""

    def __init__(
        self, term: NgramTerm, vocabulary: Vocabulary, tensors: Mapping[str, NDArray[np.floating]]
    ) -> None:
        self._hasher = NgramHasher(term, vocabulary, tensors.get(NGRAM_FINGERPRINTS))
        self._weights = tensors[NGRAM_WEIGHTS][:, 0].astype(np.float32)
        self._weights[NO_BUCKET] = 0
        self._is_scaled = term.is_scaled

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sums of the weights, float32 [tweets, 1], of ``ids``, int32 [tweets, length], padded on the right."""
        buckets = self._hasher(ids)
        total: NDArray[np.float32] = self._weights[buckets].sum(axis=1, keepdims=True)
        return total * compute_inverse_root_counts(buckets) if self._is_scaled else total


def compute_inverse_root_counts(buckets: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return 1 / √n for the n n-grams of a tweet that count: float32 [tweets, 1], of ``buckets`` [tweets, n-grams].

    Without this factor, long tweets would get extreme scores by their length alone.
    """
    number = np.count_nonzero(buckets, axis=1, keepdims=True).astype(np.float32)
    roots: NDArray[np.float32] = np.sqrt(np.maximum(number, 1), dtype=np.float32)
    found: NDArray[np.float32] = np.reciprocal(roots)
    return found


def compute_fingerprints(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return uint16 numbers below :data:`FINGERPRINTS`, from bits that do not determine the hash bucket."""
    return (hashes & _FINGERPRINT_BITS).astype(np.uint16)


def _hash(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=_WORD_BYTES).digest(), "little")
