from __future__ import annotations

import numpy as np
import pytest

from model_registry.scoring.engines.recurrent import RecurrentLayer
from tests.model_registry import tiny_model


@pytest.mark.parametrize("pooling", [None, "max_mean"])
def test_a_tweet_s_state_does_not_change_after_its_last_word(pooling: str | None) -> None:
    network = tiny_model.NETWORK.model_copy(update={"pooling": pooling})
    layer = RecurrentLayer(network, "recurrent", tiny_model.tensors(network))
    words = np.array([[3, 4, 5, 6], [3, 4, 0, 0], [7, 0, 0, 0]])
    opening = layer.open(words[:, 0])
    together = layer.read(words, np.array([4, 2, 1], np.int32), opening, opening.which)
    alone = layer.open(words[1:2, 0])
    expected = layer.read(words[1:2, :2], np.array([2], np.int32), alone, alone.which)
    assert len(together) == len(expected) == (2 if pooling else 1)
    for features, one in zip(together, expected, strict=True):
        assert features.shape == (3, network.units)
        np.testing.assert_allclose(features[1], one[0], rtol=0, atol=1e-6)


def test_equal_first_words_are_computed_once() -> None:
    layer = RecurrentLayer(tiny_model.NETWORK, "recurrent", tiny_model.tensors())
    opening = layer.open(np.array([7, 3, 7, 7]))
    assert opening.hidden.shape == opening.memory.shape == (2, tiny_model.NETWORK.units)
    assert opening.which.tolist() == [1, 0, 1, 1]
