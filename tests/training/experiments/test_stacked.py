from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from model_registry.evaluation import evaluate
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NGRAM_WEIGHTS, NgramTerm
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model
from tests.model_registry.scoring.engines.recurrent_definition import batch_of
from training.data.dataset import count_words
from training.data.distillation import to_logits, write_teacher_scores
from training.experiments.beyond import STACKED
from training.experiments.stacked import LogitShares, fit_ngram_term, fit_shares, fit_stacked, merge_tensors
from training.fitting import FittingInputs
from training.neural.observer import FittingObservers
from training.neural.recurrent import fit_recurrent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network
    from training.data.dataset import Dataset
    from training.specs import StackedSpec

pytestmark = pytest.mark.tensorflow


def small() -> StackedSpec:
    deep = dataclasses.replace(STACKED.deep, vectors="own", own_dimensions=8, epochs=2, batch_size=50)
    return dataclasses.replace(STACKED, deep=deep, wide=dataclasses.replace(STACKED.wide, buckets=1 << 12))


def test_shares_are_recovered() -> None:
    random = np.random.default_rng(3)
    deep, wide = random.normal(0, 2, (2, 50_000))
    labels = (random.random(50_000) < sigmoid(0.7 * deep + 0.2 * wide - 0.4)).astype(np.int8)
    found = fit_shares(labels, sigmoid(deep).astype(np.float32), sigmoid(wide).astype(np.float32))
    assert dataclasses.astuple(found) == pytest.approx((0.7, 0.2, -0.4), abs=0.03)


def test_the_merged_network_adds_both_logits() -> None:
    deep, wide = tiny_model.NETWORK, NgramTerm(buckets=50, one_ngram_per_bucket=True)
    linear = LinearNetwork(vocabulary_size=deep.vocabulary_size, max_length=deep.max_length, ngram_term=wide)
    parts = tiny_model.tensors(deep), tiny_model.tensors(linear)
    whole = merge_tensors(*parts, LogitShares(deep=0.8, wide=0.3, intercept=-0.1))
    networks: tuple[Network, ...] = (deep, linear, deep.model_copy(update={"ngram_term": wide}))
    found = [logits(network, tensors) for network, tensors in zip(networks, (*parts, whole), strict=True)]
    np.testing.assert_allclose(found[2], 0.8 * found[0] + 0.3 * found[1] - 0.1, rtol=0, atol=1e-4)


def teacher(dataset: Dataset, folder: Path) -> Path:
    """The file of a teacher whose scores are all 0.5."""
    path = folder / "ignorant.teacher.safetensors"
    write_teacher_scores(path, dataset.train, np.full(len(dataset.train), 0.5, np.float32))
    return path


def test_the_recurrent_part_is_the_experiment_of_its_own_name(dataset: Dataset, tmp_path: Path) -> None:
    spec, inputs = small(), FittingInputs(dataset, teachers=(teacher(dataset, tmp_path),))
    folder = tmp_path / spec.deep.name
    folder.mkdir()
    alone = fit_recurrent(spec.deep, inputs, folder, FittingObservers())
    both = fit_stacked(spec, inputs, tmp_path / spec.name, FittingObservers())
    assert both.curve == alone.curve
    assert both.parameters == alone.parameters + (1 << 12)
    assert both.network.ngram_term is not None
    assert both.spec.name == STACKED.name
    assert both.vocabulary.size == both.network.vocabulary_size <= spec.deep.shipped_size
    assert np.abs(both.score(dataset.test) - alone.score(dataset.test)).max() > 0.01


def test_the_n_gram_term_is_fitted_to_the_residual(dataset: Dataset) -> None:
    labels, wide = dataset.train.labels, small().wide
    vocabulary = Vocabulary.build(count_words(dataset.train.texts), 500)
    nothing_known = np.zeros(len(labels), np.float32)
    all_known = np.where(labels, 50, -50).astype(np.float32)
    learnt = fit_ngram_term(wide, dataset, vocabulary, nothing_known)
    assert evaluate(labels, learnt.score(dataset.train)).auc > 0.9
    assert np.abs(fit_ngram_term(wide, dataset, vocabulary, all_known).tensors[NGRAM_WEIGHTS]).max() < 1e-6


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-values))
    return found


def logits(network: Network, tensors: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    model = pack(tiny_model.draft(network=network, tensors=tensors)).open()
    return to_logits(open_engine(model, "numpy", 1).predict(batch_of([1, 2, 3, 4, 5] * 9)))
