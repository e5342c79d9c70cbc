from __future__ import annotations

import pytest

from training.specs import RecurrentSpec, WideDeepSpec


@pytest.mark.parametrize(
    ("spec", "option", "features", "note"),
    [
        (RecurrentSpec(name="a", vectors="own"), None, "own", "its own, of 256 dimensions"),
        (RecurrentSpec(name="a", vectors="glove"), "glove", "g.txt", "g.txt; fine-tuned"),
        (RecurrentSpec(name="a", vectors="word2vec", freeze=True), "word2vec", "g.txt", "g.txt; frozen"),
    ],
)
def test_vectors_are_named(spec: RecurrentSpec, option: str | None, features: str, note: str) -> None:
    file = "g.txt" if option else None
    assert (spec.vectors_option, spec.features(file), spec.describe_vectors(file)) == (option, features, note)


def test_only_a_share_in_the_labels_needs_teachers() -> None:
    assert not RecurrentSpec(name="a", vectors="own").needs_teachers
    assert not WideDeepSpec(name="a", vectors="own").needs_teachers
    distilled = WideDeepSpec(name="a", vectors="own", teacher_weight=0.5)
    assert (distilled.needs_teachers, distilled.teacher_share) == (True, 0.5)


def test_networks_have_the_spec_s_shape() -> None:
    frozen = RecurrentSpec(name="a", vectors="glove", cell="rnn", freeze=True).network(100, 50)
    assert (frozen.cell, frozen.vocabulary_size, frozen.embedding_dimensions) == ("rnn", 100, 50)
    assert not frozen.trainable_embedding
    assert frozen.ngram_term is None
    wide = WideDeepSpec(name="a", vectors="own", buckets=64, longest=2, word_dropout=0.1).network(100, 50)
    assert wide.ngram_term is not None
    assert (wide.ngram_term.buckets, wide.ngram_term.longest_ngram, wide.units) == (64, 2, 96)
    assert (wide.pooling, wide.word_dropout, wide.trainable_embedding) == ("max_mean", 0.1, True)
    assert WideDeepSpec(name="a", vectors="own", buckets=None).network(100, 50).ngram_term is None
