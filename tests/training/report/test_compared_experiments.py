from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sklearn")

from training.experiments.beyond import find_experiment
from training.experiments.study_2021 import STUDY
from training.report.compared_experiments import ComparedExperiment, ModelFacts, list_experiments

MODELS = {
    "lstm": "LSTM",
    "deep_expressive": "BiLSTM",
    "tweet_sentiment_wide_deep": "BiLSTM and n-grams",
    "tweet_sentiment_stacked": "BiLSTM and n-grams",
    "hashed_expressive": "logistic regression",
    "characters_lr": "logistic regression",
    "minilm_finetuned": "Transformer",
}


def finish(name: str) -> Any:
    settings = json.loads(find_experiment(name).spec.to_json())
    result = SimpleNamespace(settings=settings, vectors="", rows=1, parameters=1, remark="new")
    return SimpleNamespace(result=result)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_named_by_its_settings(name: str) -> None:
    assert ComparedExperiment(name, finish(name)).facts().model == MODELS[name]


def test_only_own_vectors_have_their_dimensions_in_the_settings() -> None:
    assert ComparedExperiment("lstm", finish("lstm")).facts().dimensions == 256
    assert ComparedExperiment("glove_lstm", finish("glove_lstm")).facts().dimensions is None


def test_the_study_s_experiments_come_first_finished_or_not() -> None:
    listed = list_experiments({"deep": finish("deep"), "lstm": finish("lstm")})
    assert [one.name for one in listed] == [*(one.name for one in STUDY), "deep"]
    assert [one.name for one in listed if one.finished] == ["lstm", "deep"]
    assert [one.study_figures for one in listed[:-1]] == [one.study_figures for one in STUDY]
    assert (listed[-1].study_figures, listed[-1].remark) == (None, "new")


def test_an_experiment_that_was_not_run_has_its_kind_of_model_only() -> None:
    listed = {one.name: one for one in list_experiments({})}
    assert listed["bilstm"].facts() == ModelFacts(model="BiLSTM")
    assert listed["bilstm"].study_facts.parameters == 13_210_753
