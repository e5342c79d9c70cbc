"""A draft of a small LSTM, before and after its way through a registry."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore

from model_registry.evaluation import evaluate
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from training.export.draft import draft_model
from training.specs import RecurrentSpec

if TYPE_CHECKING:
    from pathlib import Path

    from badbuzz.settings import EngineName
    from model_registry.package.model_draft import ModelDraft
    from model_registry.package.package import LoadedModel
    from training.neural.fitted_recurrent import FittedRecurrent

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def fitted(fitted_lstm: FittedRecurrent) -> FittedRecurrent:
    """The network, of which all words but four are deployed."""
    assert isinstance(fitted_lstm.spec, RecurrentSpec)
    size = fitted_lstm.network.vocabulary_size - 4
    return dataclasses.replace(fitted_lstm, spec=dataclasses.replace(fitted_lstm.spec, shipped_size=size))


@pytest.fixture(scope="module")
def draft(fitted: FittedRecurrent) -> ModelDraft:
    test = fitted.dataset.test
    measured = evaluate(test.labels, fitted.score(test))
    return draft_model(
        fitted, {"test": test, "more": fitted.dataset.train}, measured, vectors="written for a test"
    )


@pytest.fixture(scope="module")
def model(draft: ModelDraft) -> LoadedModel:
    registry = Registry(MemoryStore())
    return registry.load(registry.register(draft))


@pytest.mark.parametrize("engine", ["numpy", "tensorflow"])
def test_the_registered_model_scores_as_measured(model: LoadedModel, data: Path, engine: EngineName) -> None:
    table = pq.read_table(data / "test.parquet")
    scores = Scorer.open(model, engine).score(table["text"])
    measured = model.manifest.metrics["test"]
    hits = int(np.sum((scores >= 0.5) == table["label"].to_numpy()))
    assert measured.n == table.num_rows
    assert hits / measured.n == measured.accuracy
    assert measured.auc > 0.9


def test_keras_and_the_registered_model_agree(
    model: LoadedModel, fitted: FittedRecurrent, data: Path
) -> None:
    scores = Scorer.open(model).score(pq.read_table(data / "test.parquet")["text"])
    np.testing.assert_allclose(scores, fitted.make_deployable().score(fitted.dataset.test), atol=1e-6)


def test_the_manifest_names_the_model_s_origin(model: LoadedModel, fitted: FittedRecurrent) -> None:
    training = model.manifest.training
    assert training.data_fingerprint == fitted.dataset.fingerprint
    assert training.vectors == "written for a test; fine-tuned"
    assert "Go, Bhayani, Huang" in training.data_terms
    assert training.settings["train_rows"] == len(fitted.dataset.train)
    assert "calibration" not in training.settings
    assert "costs" in training.notes
    assert "AUC" in training.notes
    assert model.manifest.cleaning.fingerprint == fitted.spec.rules.fingerprint


def test_model_card_and_learning_curve_are_part_of_the_draft(
    draft: ModelDraft, fitted: FittedRecurrent
) -> None:
    card = draft.documents["model_card.md"].decode()
    assert f"{draft.metrics['test'].accuracy:.4f}" in card
    assert f"| more | {len(fitted.dataset.train)} |" in card
    assert "sarcasm" in card
    curve = json.loads(draft.documents["learning_curve.json"])
    assert [point["validation_auc"] for point in curve] == [point.validation_auc for point in fitted.curve]
    assert all(math.isfinite(point["loss"]) for point in curve)


def test_an_empty_text_gets_a_score(model: LoadedModel) -> None:
    assert 0 < Scorer.open(model).score(pa.array([""]))[0] < 1
