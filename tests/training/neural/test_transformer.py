"""A small Transformer is fine-tuned, resumed after an interruption, and deployed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore
from safetensors.numpy import load_file

from badbuzz.cleaning import EXPRESSIVE
from badbuzz.errors import Misconfigured, Usage
from badbuzz.settings import EngineName
from model_registry.evaluation import evaluate
from model_registry.package.refs import ModelRef
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry

pytest.importorskip("keras_hub")

from tests.training.neural import tiny_encoder as tiny
from tests.training.neural.recording import Recorder
from training.data.dataset import load_dataset
from training.data.distillation import to_logits
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.result import SCORES
from training.experiments.run import RunContext, run_experiment
from training.fitting import FittingInputs
from training.neural.observer import FittingObservers
from training.neural.transformer import FittedTransformer, fit_transformer
from training.specs import TransformerSpec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.experiments.result import ExperimentResult

pytestmark = pytest.mark.tensorflow

NO_OBSERVER = FittingObservers()
MINILM = find_experiment("minilm_finetuned")
assert isinstance(MINILM.spec, TransformerSpec)
SMALL = dataclasses.replace(
    MINILM.spec, rows=400, epochs=3, batch_size=20, learning_rate=0.02, decay=False, max_pieces=32
)

EXPERIMENT = dataclasses.replace(MINILM, spec=SMALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def inputs(data: Path, folder: Path) -> FittingInputs:
    return FittingInputs(load_dataset(data, EXPRESSIVE, rows=SMALL.rows, seed=SMALL.seed), folder)


def test_all_but_the_vectors_of_word_pieces_are_fitted(
    inputs: FittingInputs, folder: Path, tmp_path: Path
) -> None:
    fitted = fit_transformer(SMALL, inputs, tmp_path, NO_OBSERVER)
    test = inputs.dataset.test
    assert evaluate(test.labels, fitted.score(test)).auc > 0.7
    vectors = fitted.model.get_layer("encoder").get_layer("token_embedding").embeddings
    pretrained = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(vectors.numpy(), pretrained)
    assert fitted.parameters == _count_numbers(folder) - pretrained.size + tiny.UNITS + 1


def test_an_interrupted_run_ends_with_nearly_the_same_scores_and_curve(
    inputs: FittingInputs, tmp_path: Path
) -> None:
    whole = fit_transformer(SMALL, inputs, tmp_path / "whole", NO_OBSERVER)

    with pytest.raises(KeyboardInterrupt):
        fit_transformer(SMALL, inputs, tmp_path / "interrupted", Recorder(stop_after=27))
    resumed = fit_transformer(SMALL, inputs, tmp_path / "interrupted", NO_OBSERVER)
    assert _curve(resumed) == pytest.approx(_curve(whole), abs=1e-5)
    test = inputs.dataset.test
    np.testing.assert_allclose(resumed.score(test), whole.score(test), atol=1e-4)


def test_a_checkpoint_with_another_encoder_is_refused(inputs: FittingInputs, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit_transformer(SMALL, inputs, tmp_path / "run", Recorder(stop_after=27))
    other = dataclasses.replace(inputs, vectors=tiny.write(tmp_path / "other", seed=6))
    with pytest.raises(Misconfigured, match="of another run"):
        fit_transformer(SMALL, other, tmp_path / "run", NO_OBSERVER)


@pytest.fixture(scope="module")
def registered(
    data: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ExperimentResult, RunContext]:
    context = RunContext(tmp_path_factory.mktemp("rows"), Registry(MemoryStore()), NO_OBSERVER)
    return run_experiment(EXPERIMENT, ExperimentInputs(data, transformer=folder), context), context


def test_the_experiment_needs_its_encoder(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="needs --transformer"):
        run_experiment(
            EXPERIMENT, ExperimentInputs(data), RunContext(tmp_path, Registry(MemoryStore()), NO_OBSERVER)
        )


def test_the_experiment_is_measured(registered: tuple[ExperimentResult, RunContext], folder: Path) -> None:
    result, context = registered
    assert (result.vectors, result.version) == (folder.name, "minilm_finetuned:1")
    assert result.settings["cleaning"] == "expressive"
    assert load_file(context.folder / result.name / SCORES)["test/scores"].shape == (120,)


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_the_registered_model_scores_with_each_engine(
    registered: tuple[ExperimentResult, RunContext], data: Path, engine: EngineName
) -> None:
    result, context = registered
    model = context.registry.load(ModelRef(result.name, 1))
    test = pq.read_table(data / "test.parquet")
    scores = Scorer.open(model, engine).score(test["text"])
    metrics = model.manifest.metrics["test"]
    assert evaluate(test["label"].to_numpy(), scores).accuracy == metrics.accuracy
    calibration: Any = model.manifest.training.settings["calibration"]
    slope, intercept = calibration["slope"], calibration["intercept"]
    expected = slope * to_logits(_fitted_scores(context)) + intercept  # steep: fitted to eight tweets
    logits, expected = (np.clip(values, -8, 8) for values in (to_logits(scores), expected))
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(logits, expected, rtol=0, atol=slope * 2e-3)  # half precision


def test_the_registered_model_is_in_half_precision(
    registered: tuple[ExperimentResult, RunContext],
) -> None:
    result, context = registered
    model = context.registry.load(ModelRef(result.name, 1))
    manifest = model.manifest
    assert (manifest.format, manifest.kind) == (3, "transformer")
    assert model.vocabulary.tokens == tuple(piece for piece in tiny.PIECES if piece not in {"[PAD]", "[UNK]"})
    assert model.tensors["0/inner/kernel"].dtype == np.float16
    assert model.tensors["positions"].shape == (SMALL.max_pieces, tiny.UNITS)
    assert {"learning_curve.json", "model_card.md"} < manifest.files.keys()
    assert "half precision" in manifest.training.notes


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.neural.loop.CHECKPOINT_STEPS", 5)


def _fitted_scores(context: RunContext) -> NDArray[np.float32]:
    """Read the scores of the test set by the fitted network."""
    found: NDArray[np.float32] = load_file(context.folder / MINILM.name / SCORES)["test/scores"]
    return found


def _curve(fitted: FittedTransformer) -> list[float]:
    return [value for point in fitted.curve for value in (point.loss, point.validation_loss)]


def _count_numbers(folder: Path) -> int:
    """Count the numbers of the encoder, without the layer over its first state."""
    weights = load_file(folder / "model.safetensors")
    return sum(weight.size for name, weight in weights.items() if not name.startswith("pooler"))
