from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import ModelRefused
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.scoring.engines import gate_table, open_engine
from tests.model_registry.scoring.engines.recurrent_definition import batch_of, by_definition
from tests.model_registry.scoring.engines.test_engines import MODELS

if TYPE_CHECKING:
    from model_registry.package.package import LoadedModel, Package


def test_a_table_that_would_exhaust_memory_is_refused(package: Package) -> None:
    loaded = package.open()
    network = RecurrentNetwork(vocabulary_size=1_000_000, embedding_dimensions=1, units=2_048)
    swollen = type(loaded)(
        loaded.manifest.model_copy(update={"network": network}), loaded.tensors, loaded.vocabulary
    )
    with pytest.raises(ModelRefused, match="make a table of 32,768,000,000 bytes"):
        open_engine(swollen, "numpy", 1)


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_each_batch_replaces_the_rows_of_rare_words(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_table, "COMMON", 4)
    engine = open_engine(model, "numpy", threads=1)
    for seed in range(20):
        batch = batch_of([1, 2, 3], seed)
        np.testing.assert_allclose(engine.predict(batch), by_definition(model, batch), rtol=0, atol=1e-6)
