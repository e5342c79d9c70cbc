from __future__ import annotations

from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from model_registry.networks.kinds import Kind, Network
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model

ADAPTER: TypeAdapter[Network] = TypeAdapter(Network)


@pytest.mark.parametrize(
    "network",
    [tiny_model.NETWORK, tiny_transformer_model.NETWORK, tiny_sentence_model.draft().network],
    ids=lambda network: network.cell,
)
def test_the_cell_decides_which_network_is_read(network: Network) -> None:
    assert ADAPTER.validate_python(network.model_dump(mode="json")) == network


def test_kinds_are_all_cells() -> None:
    with pytest.raises(ValidationError) as refused:
        ADAPTER.validate_python({"cell": "perceptron"})
    assert all(f"'{kind}'" in str(refused.value) for kind in get_args(Kind))
