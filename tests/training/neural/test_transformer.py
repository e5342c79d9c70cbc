"""A small encoder learns the mood of tweets in the common training loop, is stopped, and goes on."""

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
from model_registry.evaluation import evaluate
from model_registry.package.refs import ModelRef
from model_registry.scoring.engines import EngineName
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry

pytest.importorskip("keras_hub")

from tests.training.neural import tiny_transformer as tiny
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
    from training.fitting import CurvePoint

pytestmark = pytest.mark.tensorflow

NO_OBSERVER = FittingObservers()
ROW = find_experiment("minilm_finetuned")
assert isinstance(ROW.spec, TransformerSpec)
SMALL = dataclasses.replace(
    ROW.spec, rows=400, epochs=3, batch_size=20, learning_rate=0.02, decay=False, max_pieces=32
)

SMALL_ROW = dataclasses.replace(ROW, spec=SMALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def sources(data: Path, folder: Path) -> FittingInputs:
    return FittingInputs(load_dataset(data, EXPRESSIVE, rows=SMALL.rows, seed=SMALL.seed), folder)


def test_it_learns_but_leaves_the_vectors_of_pieces_as_they_were(
    sources: FittingInputs, folder: Path, tmp_path: Path
) -> None:
    trained = fit_transformer(SMALL, sources, tmp_path, NO_OBSERVER)
    test = sources.dataset.test
    assert evaluate(test.labels, trained.score(test)).auc > 0.7
    vectors = trained.model.get_layer("encoder").get_layer("token_embedding").embeddings
    came = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(vectors.numpy(), came)
    assert trained.parameters == _numbers(folder) - came.size + tiny.UNITS + 1


def test_an_interrupted_run_ends_as_if_it_had_not_been(sources: FittingInputs, tmp_path: Path) -> None:
    whole = fit_transformer(SMALL, sources, tmp_path / "whole", NO_OBSERVER)

    with pytest.raises(KeyboardInterrupt):
        fit_transformer(SMALL, sources, tmp_path / "cut", FittingObservers((PullsThePlug(),)))
    resumed = fit_transformer(SMALL, sources, tmp_path / "cut", NO_OBSERVER)
    assert _curve(resumed) == pytest.approx(_curve(whole), abs=1e-5)
    test = sources.dataset.test
    np.testing.assert_allclose(resumed.score(test), whole.score(test), atol=1e-4)


def test_a_checkpoint_of_another_encoder_is_refused(sources: FittingInputs, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit_transformer(SMALL, sources, tmp_path / "run", FittingObservers((PullsThePlug(),)))
    other = dataclasses.replace(sources, vectors=tiny.write(tmp_path / "other", seed=6))
    with pytest.raises(Misconfigured, match="of another run"):
        fit_transformer(SMALL, other, tmp_path / "run", NO_OBSERVER)


@pytest.fixture(scope="module")
def made(
    data: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ExperimentResult, RunContext]:
    workshop = RunContext(tmp_path_factory.mktemp("rows"), Registry(MemoryStore()), NO_OBSERVER)
    return run_experiment(SMALL_ROW, ExperimentInputs(data, transformer=folder), workshop), workshop


def test_it_is_a_row_that_needs_its_encoder(data: Path, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="needs --transformer"):
        run_experiment(
            SMALL_ROW, ExperimentInputs(data), RunContext(tmp_path, Registry(MemoryStore()), NO_OBSERVER)
        )


def test_it_is_a_row_that_is_measured(made: tuple[ExperimentResult, RunContext], folder: Path) -> None:
    result, workshop = made
    assert (result.vectors, result.version) == (folder.name, "minilm_finetuned:1")
    assert result.settings["cleaning"] == "expressive"
    assert load_file(workshop.folder / result.name / SCORES)["test/scores"].shape == (120,)


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_it_can_be_deployed(
    made: tuple[ExperimentResult, RunContext], data: Path, engine: EngineName
) -> None:
    result, workshop = made
    artifact = workshop.registry.load(ModelRef(result.name, 1))
    test = pq.read_table(data / "test.parquet")
    scores = Scorer.open(artifact, engine).score(test["text"])
    shipped = artifact.manifest.metrics["test"]
    assert evaluate(test["label"].to_numpy(), scores).accuracy == shipped.accuracy
    calibration: Any = artifact.manifest.training.settings["calibration"]
    slope, intercept = calibration["slope"], calibration["intercept"]
    expected = slope * to_logits(_kept(workshop)) + intercept  # steep: eight tweets have told it
    found, expected = (np.clip(logits, -8, 8) for logits in (to_logits(scores), expected))
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(found, expected, rtol=0, atol=slope * 2e-3)  # half precision


def test_what_is_shipped_is_half_as_large_and_says_what_it_is(
    made: tuple[ExperimentResult, RunContext],
) -> None:
    result, workshop = made
    artifact = workshop.registry.load(ModelRef(result.name, 1))
    manifest = artifact.manifest
    assert (manifest.format, manifest.kind) == (3, "transformer")
    assert artifact.vocabulary.tokens == tuple(
        piece for piece in tiny.PIECES if piece not in {"[PAD]", "[UNK]"}
    )
    assert artifact.tensors["0/inner/kernel"].dtype == np.float16
    assert artifact.tensors["positions"].shape == (SMALL.max_pieces, tiny.UNITS)
    assert {"learning_curve.json", "model_card.md"} < manifest.files.keys()
    assert "half precision" in manifest.training.notes


class PullsThePlug:
    """Stops the run between two checkpoints."""

    def step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:  # noqa: ARG002 - an observer's
        if step == 27:
            raise KeyboardInterrupt

    def evaluation_finished(self, point: CurvePoint) -> None: ...

    def sentences_encoded(self, sentences: int, of: int) -> None: ...


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.neural.loop.CHECKPOINT_STEPS", 5)


def _kept(workshop: RunContext) -> NDArray[np.float32]:
    """The scores of the test by the network as it was fitted."""
    found: NDArray[np.float32] = load_file(workshop.folder / ROW.name / SCORES)["test/scores"]
    return found


def _curve(trained: FittedTransformer) -> list[float]:
    return [value for point in trained.curve for value in (point.loss, point.validation_loss)]


def _numbers(folder: Path) -> int:
    """How many numbers the encoder has, without the layer over its first state."""
    weights = load_file(folder / "model.safetensors")
    return sum(weight.size for name, weight in weights.items() if not name.startswith("pooler"))
