from __future__ import annotations

import pytest

from badbuzz.errors import Usage
from model_registry.package.refs import ModelRef, parse_ref
from training.experiments.beyond import BEYOND, STACKED, find_experiment
from training.experiments.study_2021 import STUDY


def test_names_are_valid_names_of_models_and_unique() -> None:
    names = [experiment.name for experiment in (*STUDY, *BEYOND)]
    assert len(set(names)) == len(names)
    assert [parse_ref(f"{name}:1") for name in names] == [ModelRef(name, 1) for name in names]


def test_experiments_beyond_the_study_have_a_remark_and_no_published_figures() -> None:
    assert all(experiment.remark and experiment.study_figures is None for experiment in BEYOND)


def test_the_stacked_network_draws_the_same_tweets_as_the_whole() -> None:
    deep = STACKED.deep
    assert (deep.cleaning, deep.rows, deep.seed) == (STACKED.cleaning, STACKED.rows, STACKED.seed)


def test_an_experiment_is_found_by_name() -> None:
    assert find_experiment("tweet_sentiment_stacked").spec is STACKED
    assert find_experiment("lstm") in STUDY


def test_an_unknown_experiment_is_answered_with_the_known_names() -> None:
    with pytest.raises(Usage, match="hashing_lr, ngrams_lr"):
        find_experiment("bert")
