from __future__ import annotations

from training.specs import NgramSpec, ResidualSpec


def test_features_are_hashes_or_runs_of_letters() -> None:
    assert NgramSpec(name="a", buckets=1_025).features(None) == "1,024 hashes"
    assert NgramSpec(name="a", letters=5).features(None) == "runs of letters"


def test_n_grams_share_buckets_or_have_their_own() -> None:
    shared = NgramSpec(name="a", shared=True).network(100).ngram_term
    assert (shared.one_ngram_per_bucket, shared.scaled_by_root_count) == (False, True)
    own = NgramSpec(name="a", longest=2).network(100).ngram_term
    assert (own.one_ngram_per_bucket, own.scaled_by_root_count, own.longest_ngram) == (True, None, 2)


def test_a_residual_term_has_its_own_buckets() -> None:
    network = ResidualSpec(buckets=64).network(100)
    assert (network.vocabulary_size, network.ngram_term.buckets) == (100, 64)
    assert network.ngram_term.one_ngram_per_bucket
