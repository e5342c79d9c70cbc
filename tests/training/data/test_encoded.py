from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from model_registry.networks.ngram_term import NgramTerm
from model_registry.text.ngrams import NgramHasher
from model_registry.text.vocabulary import Vocabulary
from training.data.dataset import CleanedTweets
from training.data.encoded import divide_into_batches, encode_tweets

LENGTHS = st.lists(st.integers(1, 36), min_size=1, max_size=200).map(lambda rows: np.array(rows, np.int32))


@given(LENGTHS, st.integers(1, 50), st.integers(0, 3))
def test_an_epoch_contains_each_row_once(lengths: np.ndarray, size: int, epoch: int) -> None:
    cut = divide_into_batches(lengths, size, seed=1, epoch=epoch)
    assert sorted(np.concatenate(cut).tolist()) == list(range(len(lengths)))
    assert sorted(map(len, cut), reverse=True)[:-1] == [size] * (len(cut) - 1)


@given(LENGTHS, st.integers(1, 50))
def test_batches_contain_tweets_of_similar_length(lengths: np.ndarray, size: int) -> None:
    spans = sorted(
        (lengths[rows].min(), lengths[rows].max())
        for rows in divide_into_batches(lengths, size, seed=1, epoch=0)
    )
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_batches_depend_on_seed_and_epoch() -> None:
    lengths = np.full(1000, 5, np.int32)

    def order(seed: int, epoch: int) -> list[int]:
        return list(np.concatenate(divide_into_batches(lengths, 10, seed=seed, epoch=epoch)))

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_a_batch_is_as_wide_as_its_longest_tweet() -> None:
    tweets = CleanedTweets(pa.array(["late", "late crew late", "crew late"]), np.array([0, 0, 1], np.int8))
    encoded = encode_tweets(tweets, Vocabulary(("late", "crew")), max_length=36)
    np.testing.assert_array_equal(encoded.get_inputs(np.array([2, 0])), [[3, 2], [2, 0]])
    assert encoded.labels.tolist() == [0, 0, 1]


def test_an_n_gram_term_gets_the_buckets_of_the_same_tweets() -> None:
    tweets = CleanedTweets(pa.array(["late", "late crew late", "crew late"]), np.array([0, 0, 1], np.int8))
    vocabulary = Vocabulary(("late", "crew"))
    hasher = NgramHasher(NgramTerm(buckets=1 << 20, longest_ngram=2), vocabulary)
    ids, buckets = encode_tweets(tweets, vocabulary, 36, hasher).get_inputs(np.array([2, 0]))
    np.testing.assert_array_equal(ids, [[3, 2], [2, 0]])
    np.testing.assert_array_equal(buckets, hasher(ids))
    assert np.count_nonzero(buckets, axis=1).tolist() == [3, 1]
