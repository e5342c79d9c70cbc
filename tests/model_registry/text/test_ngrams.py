from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS, NgramTerm
from model_registry.networks.token_ids import UNKNOWN_ID
from model_registry.text.ngrams import NO_BUCKET, NgramHasher, NgramLogits
from model_registry.text.vocabulary import TokenBatch, Vocabulary
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from collections.abc import Sequence

VOCABULARY = Vocabulary(tiny_model.WORDS)
TWEETS = st.lists(
    st.lists(st.integers(UNKNOWN_ID, len(tiny_model.WORDS) + 1), min_size=1, max_size=6), max_size=9
)


def buckets_slowly(
    words: list[str], term: NgramTerm, fingerprints: Sequence[float] | None = None
) -> list[int]:
    """One n-gram after the other, in unbounded integers. An unknown word is the empty word."""
    found = []
    for size in range(1, term.longest_ngram + 1):
        for start in range(len(words) - size + 1):
            total = 0
            for word in words[start : start + size]:
                total = total * 0x9E3779B97F4A7C15 + int.from_bytes(
                    blake2b(word.encode(), digest_size=8).digest(), "little"
                )
            bucket = 1 + ((total % 2**64 >> 32) * (term.buckets - 1) >> 32)
            if fingerprints is None or fingerprints[bucket] == total % 2048:
                found.append(bucket)
    return found


def batch_of(tweets: list[list[int]]) -> TokenBatch:
    lengths = np.array([len(tweet) for tweet in tweets], np.int32)
    ids = np.zeros((len(tweets), lengths.max(initial=0)), np.int32)
    for row, tweet in zip(ids, tweets, strict=True):
        row[: len(tweet)] = tweet
    return TokenBatch(ids, lengths)


@given(TWEETS, st.integers(1, 4), st.integers(2, 1 << 26))
def test_buckets_are_those_of_the_definition(tweets: list[list[int]], longest: int, buckets: int) -> None:
    term = NgramTerm(buckets=buckets, longest_ngram=longest)
    words = ["", "", *tiny_model.WORDS]
    found = NgramHasher(term, VOCABULARY)(batch_of(tweets).ids)
    assert found.dtype == np.int32
    assert [sorted(row[row != NO_BUCKET].tolist()) for row in found] == [
        sorted(buckets_slowly([words[token] for token in tweet], term)) for tweet in tweets
    ]


def test_buckets_never_change() -> None:
    """The weights of all registered models are indexed by these numbers."""
    ids = VOCABULARY.encode(_text("lost my bag"), 36).ids
    assert NgramHasher(NgramTerm(buckets=1 << 20), VOCABULARY)(ids).tolist() == [
        [261597, 113070, 228737, 606266, 189731, 17331]
    ]


def test_the_order_of_words_counts() -> None:
    hasher = NgramHasher(NgramTerm(buckets=1 << 26), VOCABULARY)
    there, back = hasher(np.array([[2, 3, 4], [4, 3, 2]], np.int32))
    assert sorted(there[:3]) == sorted(back[:3])
    assert not set(there[3:]) & set(back[3:])


def test_a_pruned_vocabulary_keeps_the_buckets_of_its_words() -> None:
    term = NgramTerm(buckets=1 << 20)
    smaller = Vocabulary(tuple(word for word in tiny_model.WORDS if word not in {"user", "late"}))
    text = _text("lost my bag again")
    whole, cut = (NgramHasher(term, words)(words.encode(text, 9).ids) for words in (VOCABULARY, smaller))
    np.testing.assert_array_equal(whole, cut)


def test_n_grams_spread_evenly() -> None:
    words = Vocabulary(tuple(f"word{index}" for index in range(20_000)))
    ids = np.arange(2, 20_002, dtype=np.int32).reshape(-1, 20)
    counts = np.bincount(NgramHasher(NgramTerm(buckets=101), words)(ids).ravel(), minlength=101)
    assert counts[NO_BUCKET] == 0
    assert counts[1:].min() > 0.8 * counts[1:].mean()


@given(TWEETS)
def test_a_term_is_the_sum_of_its_weights_and_padding_has_none(tweets: list[list[int]]) -> None:
    term = NgramTerm(buckets=50, longest_ngram=2)
    weights = np.random.default_rng(5).normal(size=(50, 1))
    words = ["", "", *tiny_model.WORDS]
    wanted = [weights[buckets_slowly([words[token] for token in tweet], term)].sum() for tweet in tweets]
    found = NgramLogits(term, VOCABULARY, {NGRAM_WEIGHTS: weights})(batch_of(tweets).ids)
    assert found.shape == (len(tweets), 1)
    np.testing.assert_allclose(found[:, 0], wanted, rtol=0, atol=1e-5)


@given(TWEETS)
def test_with_one_n_gram_per_bucket_only_the_stored_ones_count(tweets: list[list[int]]) -> None:
    term = NgramTerm(buckets=90, longest_ngram=2, one_ngram_per_bucket=True)
    tensors = tiny_model.tensors(LinearNetwork(vocabulary_size=VOCABULARY.size, ngram_term=term))
    weights, fingerprints = tensors[NGRAM_WEIGHTS], tensors[NGRAM_FINGERPRINTS]
    words = ["", "", *tiny_model.WORDS]
    found = NgramLogits(term, VOCABULARY, tensors)(batch_of(tweets).ids)
    for tweet, total in zip(tweets, found[:, 0], strict=True):
        buckets = buckets_slowly([words[token] for token in tweet], term, fingerprints.tolist())
        assert total == pytest.approx(weights[buckets].sum() / max(len(buckets), 1) ** 0.5, abs=1e-5)


def test_some_n_grams_are_stored_and_some_are_not() -> None:
    term = NgramTerm(buckets=90, longest_ngram=2, one_ngram_per_bucket=True)
    fingerprints = tiny_model.tensors(LinearNetwork(vocabulary_size=VOCABULARY.size, ngram_term=term))[
        NGRAM_FINGERPRINTS
    ]
    ids = np.arange(2, 14, dtype=np.int32)[None]
    known = NgramHasher(term, VOCABULARY, fingerprints)(ids) != NO_BUCKET
    assert 3 < known.sum() < known.size - 3


def _text(text: str) -> pa.Array:
    return pa.array([text])
