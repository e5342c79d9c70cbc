"""The model that ships with the project, on the real data it was measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from model_registry import bundled
from model_registry.directory import read_directory
from model_registry.evaluation import evaluate
from model_registry.labelled import read_labelled
from model_registry.network import Network
from model_registry.scorer import Scorer

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.artifact import Artifact

STUDY_ACCURACY = 0.8235
STUDY_AUC = 0.9040


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    (path,) = (path for path in bundled.bundled_models() if path.name == "tweet_sentiment_glove_lstm")
    return read_directory(path).open()


@pytest.mark.shared
def test_it_reaches_the_study_and_its_manifest_tells_the_truth(artifact: Artifact, shared: Path) -> None:
    test = read_labelled(shared / "data/sentiment140/test.parquet")
    found = evaluate(test.labels, Scorer.open(artifact).score(test.texts))
    claimed = artifact.manifest.metrics["test"]
    assert found.accuracy >= STUDY_ACCURACY
    assert found.auc >= STUDY_AUC
    assert found.n == claimed.n
    assert found.auc == pytest.approx(claimed.auc, abs=1e-5)
    assert found.accuracy == pytest.approx(claimed.accuracy, abs=1e-4)


def test_it_has_the_study_s_shape(artifact: Artifact) -> None:
    network = artifact.manifest.network
    assert isinstance(network, Network)
    assert (network.embedding_dimensions, network.units, network.dense_units, network.max_length) == (
        200,
        128,
        64,
        36,
    )
    assert network.vocabulary_size <= 50_000


def test_its_embedding_holds_nothing_for_padding(artifact: Artifact) -> None:
    assert not artifact.tensors["embedding"][0].any()
    assert np.isfinite(artifact.tensors["embedding"]).all()


def test_its_vocabulary_holds_cleaned_words_only(artifact: Artifact) -> None:
    assert all(
        token.isascii() and token.isalpha() and token.islower() for token in artifact.vocabulary.tokens
    )
    assert {"user", "url", "hashtag", "not"} <= set(artifact.vocabulary.tokens[:1_000])
