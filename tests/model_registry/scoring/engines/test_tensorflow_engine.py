"""Scores are tested in test_engines.py and test_transformer_engine.py, for both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from tests.model_registry import tiny_model
from tests.model_registry.scoring.engines.recurrent_definition import batch_of

if TYPE_CHECKING:
    import numpy as np

pytestmark = pytest.mark.tensorflow


def test_batches_are_padded_so_that_few_shapes_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    engine = open_engine(pack(tiny_model.draft()).open(), "tensorflow", 1)
    shapes = set()
    predict = engine._predict  # type: ignore[attr-defined]

    def record(ids: np.ndarray[tuple[int, int], np.dtype[np.int32]]) -> object:
        shapes.add(ids.shape)
        return predict(ids)

    monkeypatch.setattr(engine, "_predict", record)
    for rows, length in [(1, 1), (3, 4), (64, 2), (65, 5)]:
        assert engine.predict(batch_of([length] * rows)).shape == (rows,)
    assert shapes == {(64, 4), (128, 5)}
