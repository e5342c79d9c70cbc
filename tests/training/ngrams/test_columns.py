from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.sparse import csr_array

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.text.ngrams import NgramHasher
from model_registry.text.vocabulary import Vocabulary
from training.ngrams.columns import compute_column_shares, compute_inverse_document_frequency
from training.specs import NgramSpec

NETWORK = LinearNetwork(vocabulary_size=4, ngram_term=NgramTerm(buckets=1 << 20, longest_ngram=2))


def test_rare_n_grams_have_a_higher_inverse_document_frequency() -> None:
    counts = csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], np.float32))
    assert compute_inverse_document_frequency(counts) == pytest.approx(
        [0.1, 0.1 * (np.log(2) + 1), 0.1 * (np.log(4) + 1)]
    )


def test_shared_buckets_contribute_equally() -> None:
    shared = NgramSpec(name="tiny", shared=True)
    words = Vocabulary(("late",))
    hasher = NgramHasher(NETWORK.ngram_term, words)
    counts = csr_array(np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(compute_column_shares(shared, counts, words, hasher).toarray(), np.eye(3))


def test_words_with_common_letter_runs_share_columns() -> None:
    """Runs of letters do not cross words, and a word's ends belong to them: " late " and " late" are not the same."""
    words = Vocabulary(("late", "laate", "xyz"))
    hasher = NgramHasher(NETWORK.ngram_term, words)
    (late,), (laate,), (other,) = hasher(np.array([[2], [3], [4]], np.int32)).tolist()
    counts = csr_array(np.zeros((0, NETWORK.ngram_term.buckets), np.float32))
    spelt = compute_column_shares(NgramSpec(name="tiny", letters=3, longest=1), counts, words, hasher)
    rarity = float(compute_inverse_document_frequency(counts)[0])
    alike = (spelt @ spelt.T).tocsr() / rarity**2
    assert alike[late, late] == pytest.approx(1, rel=1e-6)
    assert alike[late, other] == 0
    shared, of_late, of_laate = 7, 9, 11  # " l", "la", "at", "te", "e ", " la", "ate", "te " are in both
    assert alike[late, laate] == pytest.approx(shared / (of_late * of_laate) ** 0.5, rel=0.2)
    assert np.diff(spelt.indptr).sum() == of_late + of_laate + 7
