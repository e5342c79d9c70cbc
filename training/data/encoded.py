"""Tweets as word ids, in batches of tweets of similar length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_registry.text.ngrams import NgramHasher
    from model_registry.text.vocabulary import Vocabulary
    from training.data.dataset import CleanedTweets


class Examples(Protocol):
    """The data that a network is fitted to: tweets as its inputs."""

    @property
    def lengths(self) -> NDArray[np.int32]:
        """The length of each tweet, int32 [n]; batches are made of tweets of similar length."""

    @property
    def labels(self) -> NDArray[np.float32]:
        """The label of each tweet, float32 [n]: 0, 1, or a value between them if teachers have a share."""

    def __len__(self) -> int: ...

    def get_inputs(self, rows: NDArray[np.int64]) -> NDArray[Any] | list[NDArray[Any]]:
        """Return the network's input for some rows; a list if the network has several inputs."""


@dataclass(frozen=True, slots=True)
class EncodedTweets:
    """Tweets as ids (int32 [n, longest], padded on the right), with their lengths (int32 [n]) and labels (float32 [n]).

    ``hasher`` finds the n-grams of a network with an n-gram term.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int32]
    labels: NDArray[np.float32]
    hasher: NgramHasher | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    def get_inputs(self, rows: NDArray[np.int64]) -> NDArray[np.int32] | list[NDArray[np.int32]]:
        """Return the ids of some rows, no wider than the longest of them, and the hash buckets of their n-grams."""
        ids = self.ids[rows, : self.lengths[rows].max()]
        return [ids, self.hasher(ids)] if self.hasher else ids


def encode_tweets(
    tweets: CleanedTweets, vocabulary: Vocabulary, max_length: int, hasher: NgramHasher | None = None
) -> EncodedTweets:
    """Look up the words of all tweets; ``hasher`` hashes their n-grams later, batch by batch."""
    batch = vocabulary.encode(tweets.texts, max_length)
    return EncodedTweets(batch.ids, batch.lengths, tweets.labels.astype(np.float32), hasher)


def divide_into_batches(
    lengths: NDArray[np.int32], size: int, *, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Divide an epoch into batches of rows, in random order, each of tweets of similar length to save padding.

    The same arguments give the same batches, so a resumed run continues with the batches it has not seen.
    """
    random = np.random.default_rng((seed, epoch))
    mixed = random.permutation(len(lengths))
    by_length = mixed[np.argsort(lengths[mixed], kind="stable")]
    cut = [by_length[start : start + size] for start in range(0, len(by_length), size)]
    return [cut[index] for index in random.permutation(len(cut))]
