"""The training loop as a whole: it learns, stops, and goes on after an interruption as if there had been none."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured, Usage
from training.specs import RecurrentSpec

pytest.importorskip("tensorflow")

from model_registry.evaluation import evaluate
from model_registry.keras_models.recurrent import extract_tensors
from training.data.vectors import read_vectors
from training.fitting import FittingInputs
from training.neural import loop
from training.neural.recurrent import fit_recurrent

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.networks.recurrent import Cell
    from training.data.dataset import Dataset
    from training.fitting import CurvePoint
    from training.neural.fitted_recurrent import FittedRecurrent

pytestmark = pytest.mark.tensorflow

VARIANT = RecurrentSpec(
    name="tiny",
    vectors="glove",
    epochs=2,
    batch_size=32,
    learning_rate=0.01,
    dropout=0.2,
    spatial_dropout=0.2,
    patience=9,
)
STEPS = 26
"""392 tweets in batches of 32, twice."""


class Recorder:
    """Keeps what it is told, and can pull the plug."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.losses: list[float] = []
        self.curve: list[CurvePoint] = []
        self._stop_after = stop_after

    def step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:
        assert 0 < step <= steps
        assert 0 < tweets <= VARIANT.batch_size
        self.losses.append(loss)
        if step == self._stop_after:
            raise KeyboardInterrupt

    def evaluation_finished(self, point: CurvePoint) -> None:
        self.curve.append(point)

    def sentences_encoded(self, sentences: int, of: int) -> None:
        raise AssertionError(f"{sentences} of {of}: a recurrent network takes words")


@pytest.fixture
def sources(dataset: Dataset, glove: Path) -> FittingInputs:
    return FittingInputs(dataset, glove)


def run(
    sources: FittingInputs,
    folder: Path,
    spec: RecurrentSpec = VARIANT,
    *,
    stop_after: int | None = None,
) -> tuple[FittedRecurrent, Recorder]:
    folder.mkdir(exist_ok=True)
    recorder = Recorder(stop_after)
    return fit_recurrent(spec, sources, folder, recorder), recorder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the uninterrupted run."""
    return tmp_path_factory.mktemp("uninterrupted")


@pytest.fixture(scope="module")
def uninterrupted(dataset: Dataset, glove: Path, folder: Path) -> tuple[FittedRecurrent, Recorder]:
    return run(FittingInputs(dataset, glove), folder)


def test_it_learns(uninterrupted: tuple[FittedRecurrent, Recorder]) -> None:
    trained, recorder = uninterrupted
    assert len(recorder.losses) == STEPS
    assert np.mean(recorder.losses[-5:]) < np.mean(recorder.losses[:5])
    assert trained.curve == recorder.curve
    assert [point.epochs for point in trained.curve] == pytest.approx([7 / 13, 14 / 13, 21 / 13, 2])


def test_tensorboard_finds_the_curves(uninterrupted: tuple[FittedRecurrent, Recorder], folder: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    files = sorted(
        str(path) for path in (folder / "tensorboard").iterdir()
    )  # one for each time the run was resumed
    found: dict[str, list[float]] = defaultdict(list)
    for record in tf.data.TFRecordDataset(files):
        for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            found[value.tag].append(float(tf.make_ndarray(value.tensor)))
    curve = uninterrupted[0].curve
    assert found["validation/auc"] == pytest.approx([point.validation_auc for point in curve])
    assert found["train/loss"] == pytest.approx([point.loss for point in curve])


def test_an_interrupted_run_ends_like_an_uninterrupted_one(
    uninterrupted: tuple[FittedRecurrent, Recorder],
    sources: FittingInputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped in the second epoch, a step after the first evaluation that no checkpoint holds."""
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 6)
    with pytest.raises(KeyboardInterrupt):
        run(sources, tmp_path, stop_after=15)
    resumed, recorder = run(sources, tmp_path)
    whole, record = uninterrupted
    assert recorder.losses == record.losses[12:]
    assert resumed.curve == whole.curve
    assert resumed.cpu_seconds > 0
    for name, tensor in whole.tensors.items():
        np.testing.assert_array_equal(resumed.tensors[name], tensor)


def test_resuming_a_finished_run_gives_its_model_without_a_step(
    uninterrupted: tuple[FittedRecurrent, Recorder], sources: FittingInputs, folder: Path
) -> None:
    again, recorder = run(sources, folder)
    assert recorder.losses == []
    assert again.curve == uninterrupted[0].curve
    assert again.cpu_seconds == uninterrupted[0].cpu_seconds
    np.testing.assert_array_equal(again.tensors["embedding"], uninterrupted[0].tensors["embedding"])


@pytest.mark.usefixtures("uninterrupted")
def test_a_checkpoint_of_another_run_is_refused(sources: FittingInputs, folder: Path) -> None:
    with pytest.raises(Misconfigured, match="of another run"):
        run(sources, folder, dataclasses.replace(VARIANT, seed=1))


def test_a_checkpoint_that_cannot_be_written_is_named(sources: FittingInputs, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.unfinished").mkdir()
    with pytest.raises(Misconfigured, match=r"checkpoint\.safetensors: cannot be written"):
        run(sources, tmp_path, dataclasses.replace(VARIANT, epochs=1))


def test_a_broken_checkpoint_is_refused(sources: FittingInputs, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half of a checkpoi")
    with pytest.raises(Misconfigured, match=r"checkpoint\.safetensors: cannot be read"):
        run(sources, tmp_path)


def test_it_stops_early_and_keeps_the_best_weights(
    sources: FittingInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The validation is told a lie: that the second evaluation was the best."""
    aucs = iter([0.5, 0.9, 0.7, 0.8, 0.6, 0.6])
    weights = []

    class SpiedFitting(loop._Fitting):
        def _evaluate(self) -> None:
            weights.append(extract_tensors(self._model)["output/kernel"])
            super()._evaluate()

    monkeypatch.setattr(loop, "_Fitting", SpiedFitting)
    monkeypatch.setattr(
        loop, "evaluate", lambda _labels, _scores: SimpleNamespace(auc=next(aucs), accuracy=0.5)
    )
    trained, recorder = run(sources, tmp_path, dataclasses.replace(VARIANT, epochs=3, patience=2))
    assert [point.validation_auc for point in trained.curve] == [0.5, 0.9, 0.7, 0.8]
    assert len(recorder.losses) == 28
    np.testing.assert_array_equal(trained.tensors["output/kernel"], weights[1])


def test_frozen_vectors_stay_as_they_were_read(
    uninterrupted: tuple[FittedRecurrent, Recorder], sources: FittingInputs, glove: Path, tmp_path: Path
) -> None:
    frozen, _ = run(sources, tmp_path, dataclasses.replace(VARIANT, freeze=True, epochs=1))
    tuned = uninterrupted[0]
    assert not frozen.network.trainable_embedding
    row = frozen.vocabulary.tokens.index("crew") + 2
    read = read_vectors(glove, ["crew"]).by_word["crew"]
    np.testing.assert_array_equal(frozen.tensors["embedding"][row], read)
    assert np.abs(tuned.tensors["embedding"][row] - read).max() > 1e-3
    words = {word for text in frozen.dataset.train.texts.to_pylist() for word in text.split()}
    assert set(tuned.vocabulary.tokens) == words
    assert words - set(frozen.vocabulary.tokens) == {"late"}, "nothing could ever be learnt of it"


@pytest.mark.parametrize("cell", ["rnn", "bilstm"])
def test_own_vectors_are_learnt_with_any_recurrent_layer(
    cell: Cell, dataset: Dataset, tmp_path: Path
) -> None:
    spec = dataclasses.replace(
        VARIANT, vectors="own", own_dimensions=8, cell=cell, cell_dropout=0.1, decay=False
    )
    trained, recorder = run(FittingInputs(dataset), tmp_path, spec)
    assert np.mean(recorder.losses[-5:]) < np.mean(recorder.losses[:5])
    assert trained.parameters == sum(tensor.size for tensor in trained.tensors.values())
    assert evaluate(trained.dataset.test.labels, trained.score(trained.dataset.test)).auc > 0.9


def test_vectors_that_are_not_given_are_asked_for(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="tiny: starts from glove vectors"):
        run(FittingInputs(dataset), tmp_path)


def test_the_learning_rate_falls_or_stays(
    sources: FittingInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []

    class Spied(loop._Fitting):
        def _evaluate(self) -> None:
            rates.append(float(self._optimizer.learning_rate))
            super()._evaluate()

    monkeypatch.setattr(loop, "_Fitting", Spied)
    run(sources, tmp_path / "falling")
    run(sources, tmp_path / "staying", dataclasses.replace(VARIANT, decay=False))
    falling, staying = rates[:4], rates[4:]
    assert sorted(falling, reverse=True) == falling
    assert falling[-1] < VARIANT.learning_rate / 50
    assert staying == pytest.approx([VARIANT.learning_rate] * 4)
