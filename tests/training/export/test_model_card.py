from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model_registry.evaluation import evaluate
from model_registry.package.manifest import Training
from tests.model_registry import tiny_model
from training.experiments.beyond import LSTM_GLOVE, STACKED, find_experiment
from training.export.model_card import write_model_card

if TYPE_CHECKING:
    from training.specs import ModelSpec

METRICS = {"test": evaluate(np.array([0, 1, 1, 0], np.int8), np.array([0.2, 0.9, 0.4, 0.1], np.float32))}
TRAINING = Training(
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    software="badbuzz",
    git_revision=None,
    data_fingerprint="ab",
    data_terms="Written for a test.",
    vectors="glove.txt; frozen",
    settings={"train_rows": 1_000},
    notes="Rounding costs nothing.",
)


def card(spec: ModelSpec) -> str:
    return write_model_card(spec, tiny_model.NETWORK, METRICS, TRAINING)


def test_the_card_has_the_model_s_facts() -> None:
    text = card(LSTM_GLOVE)
    assert text.startswith("# tweet_sentiment_glove_lstm\n")
    assert f"**Network.** {tiny_model.NETWORK.architecture}." in text
    assert "**Vectors.** glove.txt; frozen." in text
    assert "**Data.** 1,000 tweets" in text
    assert "| test | 4 | 0.7500 (" in text
    assert "| 2 0 1 1 |" in text
    assert "Rounding costs nothing." in text


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("ngrams_lr", "Logistic regression (L-BFGS, C = 1.0). Seed 2009."),
        ("lstm", "Adam at 0.001, 5 epochs at most"),
        ("tweet_sentiment_glove_lstm", "Adam from 0.001 to 0, 3 epochs at most"),
        ("deep_unread", "word dropout 0.1, L2 0.001"),
        ("use_lite_dense", "The dense layers are fitted; the encoder is not. Dropout 0.5 between them"),
        ("minilm_finetuned", "Dropout 0.1 inside the encoder"),
        ("tweet_sentiment_stacked", "on top of 0.9 of the\nlogit"),
    ],
)
def test_the_card_says_how_the_model_was_fitted(name: str, fitting: str) -> None:
    assert fitting in card(find_experiment(name).spec)


def test_a_stacked_model_is_described_with_its_network() -> None:
    assert STACKED.deep.describe_fitting() in card(STACKED)


@pytest.mark.parametrize(
    ("name", "drops"), [("lstm", True), ("minilm_finetuned", False), ("use_lite_dense", False)]
)
def test_only_vocabularies_from_tweets_drop_names_of_accounts(name: str, *, drops: bool) -> None:
    assert ("names of\naccounts were dropped" in card(find_experiment(name).spec)) == drops
