from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from training.neural.fitted_recurrent import FittedRecurrent, shrink
from training.specs import RecurrentSpec

if TYPE_CHECKING:
    from training.fitting import DeployableModel

pytestmark = pytest.mark.tensorflow


def embedding_row(model: DeployableModel | FittedRecurrent, word: str) -> np.ndarray:
    row: np.ndarray = model.tensors["embedding"][model.vocabulary.tokens.index(word) + 2]
    return row


def test_the_most_frequent_words_are_kept_in_half_precision(fitted_lstm: FittedRecurrent) -> None:
    small = shrink(fitted_lstm, 10)
    assert small.network == fitted_lstm.network.model_copy(update={"vocabulary_size": 10})
    assert small.vocabulary.tokens == fitted_lstm.vocabulary.tokens[:8]
    assert small.tensors["embedding"].dtype == np.float16
    np.testing.assert_allclose(
        small.tensors["embedding"], fitted_lstm.tensors["embedding"][:10], rtol=1e-3, atol=1e-6
    )
    assert not small.tensors["embedding"][0].any()
    assert small.change.startswith(f"Keeping 10 of {fitted_lstm.network.vocabulary_size} embedding rows")


def test_names_of_accounts_are_dropped(fitted_lstm: FittedRecurrent) -> None:
    name, after = fitted_lstm.vocabulary.tokens[3:5]
    dataset = dataclasses.replace(fitted_lstm.dataset, names=frozenset({name}))
    small = shrink(dataclasses.replace(fitted_lstm, dataset=dataset), 10)
    assert small.vocabulary.tokens == fitted_lstm.vocabulary.tokens[:3] + fitted_lstm.vocabulary.tokens[4:9]
    np.testing.assert_allclose(
        embedding_row(small, after), embedding_row(fitted_lstm, after), rtol=1e-3, atol=1e-6
    )


def test_a_small_vocabulary_is_not_padded(fitted_lstm: FittedRecurrent) -> None:
    model = shrink(fitted_lstm, 35_000)
    assert model.network == fitted_lstm.network
    assert model.change == "Rounding to half precision"


def test_the_deployable_network_keeps_as_many_words_as_its_spec_says(fitted_lstm: FittedRecurrent) -> None:
    assert isinstance(fitted_lstm.spec, RecurrentSpec)
    spec = dataclasses.replace(fitted_lstm.spec, shipped_size=7)
    model = dataclasses.replace(fitted_lstm, spec=spec).make_deployable()
    assert model.vocabulary.size == 7
    assert model.calibration is None


def test_rounding_changes_scores_little(fitted_lstm: FittedRecurrent) -> None:
    test = fitted_lstm.dataset.test
    np.testing.assert_allclose(fitted_lstm.make_deployable().score(test), fitted_lstm.score(test), atol=5e-3)
