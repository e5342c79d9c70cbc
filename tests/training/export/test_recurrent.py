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

from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry
from training.neural.watcher import Watchers
from training.specs import RecurrentSpec

pytest.importorskip("tensorflow")

from training.export import recurrent as export
from training.neural.recurrent import FittedRecurrent, Sources, train

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.loaded_model import LoadedModel
    from model_registry.scoring.engines import EngineName
    from training.data.dataset import Dataset

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def trained(dataset: Dataset, glove: Path, tmp_path_factory: pytest.TempPathFactory) -> FittedRecurrent:
    spec = RecurrentSpec(
        name="tiny",
        vectors="glove",
        epochs=3,
        batch_size=32,
        learning_rate=0.02,
        dropout=0.1,
        spatial_dropout=0.1,
    )
    return train(
        spec, Sources(dataset, glove), tmp_path_factory.mktemp("run"), resume=False, watcher=Watchers(())
    )


@pytest.fixture(scope="module")
def artifact(trained: FittedRecurrent) -> LoadedModel:
    """The model after its way through a registry."""
    registry = Registry(MemoryStore())
    shipped = export.shrink(trained, trained.network.vocabulary_size - 4)
    return registry.load(registry.register(export.draft(trained, shipped, vectors="written for a test")))


def test_the_most_frequent_words_are_kept_in_half_precision(trained: FittedRecurrent) -> None:
    shipped = export.shrink(trained, 10)
    assert shipped.network.vocabulary_size == shipped.vocabulary.size == 10
    assert shipped.vocabulary.tokens == trained.vocabulary.tokens[:8]
    assert shipped.tensors["embedding"].dtype == np.float16
    np.testing.assert_allclose(
        shipped.tensors["embedding"], trained.tensors["embedding"][:10], rtol=1e-3, atol=1e-6
    )
    assert not shipped.tensors["embedding"][0].any()


def test_names_of_accounts_are_never_shipped(trained: FittedRecurrent) -> None:
    name = trained.vocabulary.tokens[3]
    dataset = dataclasses.replace(trained.dataset, names=frozenset({name}))
    shipped = export.shrink(dataclasses.replace(trained, dataset=dataset), 10)
    assert shipped.vocabulary.tokens == trained.vocabulary.tokens[:3] + trained.vocabulary.tokens[4:9]
    np.testing.assert_allclose(
        shipped.tensors["embedding"][5], trained.tensors["embedding"][6], rtol=1e-3, atol=1e-6
    )


def test_a_small_vocabulary_is_not_padded(trained: FittedRecurrent) -> None:
    assert export.shrink(trained, 35_000).network == trained.network


@pytest.mark.parametrize("engine", ["numpy", "tensorflow"])
def test_the_registered_model_scores_as_measured(
    artifact: LoadedModel, data: Path, engine: EngineName
) -> None:
    table = pq.read_table(data / "test.parquet")
    scores = Scorer.open(artifact, engine).score(table["text"])
    measured = artifact.manifest.metrics["test"]
    hits = int(np.sum((scores >= 0.5) == table["label"].to_numpy()))
    assert measured.n == table.num_rows
    assert hits / measured.n == measured.accuracy
    assert measured.auc > 0.9


def test_keras_and_the_artifact_agree(artifact: LoadedModel, trained: FittedRecurrent, data: Path) -> None:
    texts = pq.read_table(data / "test.parquet")["text"]
    network = artifact.manifest.network
    assert isinstance(network, RecurrentNetwork)
    shipped = export.Shipped(network, artifact.vocabulary, artifact.tensors)
    scores = Scorer.open(artifact).score(texts)
    np.testing.assert_allclose(scores, export.scores_of(shipped, trained.dataset.test), atol=1e-6)


def test_the_manifest_tells_where_the_model_comes_from(
    artifact: LoadedModel, trained: FittedRecurrent
) -> None:
    training = artifact.manifest.training
    assert training.data_fingerprint == trained.dataset.fingerprint
    assert training.vectors == "written for a test; fine-tuned"
    assert "Go, Bhayani, Huang" in training.data_terms
    assert training.settings["train_rows"] == len(trained.dataset.train)
    assert "AUC" in training.notes
    assert artifact.manifest.cleaning.fingerprint == trained.spec.rules.fingerprint


def test_the_card_and_the_curve_go_with_it(trained: FittedRecurrent) -> None:
    draft = export.draft(
        trained,
        export.shrink(trained, 15),
        vectors="written for a test",
        also={"more": trained.dataset.train},
    )
    card = draft.documents["model_card.md"].decode()
    assert f"{draft.metrics['test'].accuracy:.4f}" in card
    assert f"| more | {len(trained.dataset.train)} |" in card
    assert "sarcasm" in card
    curve = json.loads(draft.documents["learning_curve.json"])
    assert [point["validation_auc"] for point in curve] == [point.validation_auc for point in trained.curve]
    assert all(math.isfinite(point["loss"]) for point in curve)


def test_an_empty_text_gets_a_score_too(artifact: LoadedModel) -> None:
    assert 0 < Scorer.open(artifact).score(pa.array([""]))[0] < 1
