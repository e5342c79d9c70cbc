"""A row is called by what it was fitted with."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from training.experiments.beyond import find_experiment
from training.report.rows import Entry

MODELS = {
    "lstm": "LSTM",
    "deep_expressive": "BiLSTM",
    "tweet_sentiment_wide_deep": "BiLSTM and n-grams",
    "tweet_sentiment_stacked": "BiLSTM and n-grams",
    "hashed_expressive": "logistic regression",
    "characters_lr": "logistic regression",
    "minilm_finetuned": "Transformer",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_named_by_its_settings(name: str) -> None:
    settings = json.loads(find_experiment(name).spec.to_json())
    result = SimpleNamespace(settings=settings, vectors="", rows=1, parameters=1)
    run: Any = SimpleNamespace(result=result)
    assert Entry(name, run).columns().model == MODELS[name]
