from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from model_registry.networks.transformer import TransformerNetwork

MINILM = TransformerNetwork(
    vocabulary_size=30_522, units=384, layers=6, heads=12, inner_units=1_536, max_length=512
)


def test_the_parameters_of_minilm() -> None:
    """The published 22,713,216 have two segments and a pooler; ours have one segment, within the positions, and a sigmoid."""
    parameters = sum(math.prod(shape) for shape in MINILM.tensor_shapes().values())
    assert parameters == 22_713_216 - 2 * 384 - (384 * 384 + 384) + (384 + 1)


def test_large_tensors_may_be_in_half_precision() -> None:
    small = {name for name, shape in MINILM.tensor_shapes().items() if len(shape) == 1}
    assert MINILM.half_precision_tensors == MINILM.tensor_shapes().keys() - small - {"output/kernel"}


def test_descriptions() -> None:
    assert MINILM.summary == "transformer of 6 × 384, 30,522 word pieces, 512 pieces a tweet"
    assert "6 layers of 12 heads and Dense 1536 → mean state → 1; the first 512 pieces" in MINILM.architecture
    assert (MINILM.input_dimensions, MINILM.has_encoder) == (384, True)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"heads": 5}, "8 units cannot be shared evenly by 5 heads"), ({"max_length": 2}, "max_length")],
)
def test_impossible_shapes_are_refused(wrong: dict[str, int], reason: str) -> None:
    shape = {"vocabulary_size": 30, "units": 8, "layers": 1, "heads": 2, "inner_units": 4, "max_length": 9}
    with pytest.raises(ValidationError, match=reason):
        TransformerNetwork(**shape | wrong)
