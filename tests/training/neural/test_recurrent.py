from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured, Usage
from training.specs import RecurrentSpec

pytest.importorskip("tensorflow")

from model_registry.evaluation import evaluate
from tests.training.neural.recording import Recorder
from training.data.vectors import read_vectors
from training.fitting import FittingInputs
from training.neural import loop
from training.neural.recurrent import fit_recurrent

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.networks.recurrent import Cell
    from training.data.dataset import Dataset
    from training.neural.fitted_recurrent import FittedRecurrent

pytestmark = pytest.mark.tensorflow

SPEC = RecurrentSpec(
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


@pytest.fixture
def inputs(dataset: Dataset, glove: Path) -> FittingInputs:
    return FittingInputs(dataset, glove)


def run(
    inputs: FittingInputs,
    folder: Path,
    spec: RecurrentSpec = SPEC,
    *,
    stop_after: int | None = None,
) -> tuple[FittedRecurrent, Recorder]:
    folder.mkdir(exist_ok=True)
    recorder = Recorder(stop_after)
    return fit_recurrent(spec, inputs, folder, recorder), recorder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the uninterrupted run."""
    return tmp_path_factory.mktemp("uninterrupted")


@pytest.fixture(scope="module")
def uninterrupted(dataset: Dataset, glove: Path, folder: Path) -> tuple[FittedRecurrent, Recorder]:
    return run(FittingInputs(dataset, glove), folder)


def test_fitting_lowers_the_loss(uninterrupted: tuple[FittedRecurrent, Recorder]) -> None:
    fitted, recorder = uninterrupted
    assert len(recorder.losses) == STEPS
    assert np.mean(recorder.losses[-5:]) < np.mean(recorder.losses[:5])
    assert max(recorder.tweets) == SPEC.batch_size
    assert sum(recorder.tweets) == 2 * 392
    assert fitted.curve == recorder.curve
    assert [point.epochs for point in fitted.curve] == pytest.approx([7 / 13, 14 / 13, 21 / 13, 2])
    assert recorder.encoded == [], "a recurrent network takes words"


def test_an_interrupted_run_ends_with_the_same_weights_and_curve(
    uninterrupted: tuple[FittedRecurrent, Recorder],
    inputs: FittingInputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Interrupted in the second epoch, after an evaluation that no checkpoint holds."""
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 6)
    with pytest.raises(KeyboardInterrupt):
        run(inputs, tmp_path, stop_after=15)
    resumed, recorder = run(inputs, tmp_path)
    whole, whole_recorder = uninterrupted
    assert recorder.losses == whole_recorder.losses[12:]
    assert resumed.curve == whole.curve
    assert resumed.cpu_seconds > 0
    for name, tensor in whole.tensors.items():
        np.testing.assert_array_equal(resumed.tensors[name], tensor)


@pytest.mark.usefixtures("uninterrupted")
def test_a_checkpoint_of_another_spec_is_refused(inputs: FittingInputs, folder: Path) -> None:
    with pytest.raises(Misconfigured, match="of another run"):
        run(inputs, folder, dataclasses.replace(SPEC, seed=1))


def test_frozen_vectors_are_not_changed(
    uninterrupted: tuple[FittedRecurrent, Recorder], inputs: FittingInputs, glove: Path, tmp_path: Path
) -> None:
    frozen, _ = run(inputs, tmp_path, dataclasses.replace(SPEC, freeze=True, epochs=1))
    tuned = uninterrupted[0]
    assert not frozen.network.trainable_embedding
    row = frozen.vocabulary.tokens.index("crew") + 2
    read = read_vectors(glove, ["crew"]).by_word["crew"]
    np.testing.assert_array_equal(frozen.tensors["embedding"][row], read)
    assert np.abs(tuned.tensors["embedding"][row] - read).max() > 1e-3
    words = {word for text in frozen.dataset.train.texts.to_pylist() for word in text.split()}
    assert set(tuned.vocabulary.tokens) == words
    assert words - set(frozen.vocabulary.tokens) == {"late"}, (
        "a frozen embedding has no use for a word without a vector"
    )


@pytest.mark.parametrize("cell", ["rnn", "bilstm"])
def test_own_vectors_are_fitted_with_any_recurrent_layer(
    cell: Cell, dataset: Dataset, tmp_path: Path
) -> None:
    spec = dataclasses.replace(
        SPEC, vectors="own", own_dimensions=8, cell=cell, cell_dropout=0.1, decay=False
    )
    fitted, recorder = run(FittingInputs(dataset), tmp_path, spec)
    assert np.mean(recorder.losses[-5:]) < np.mean(recorder.losses[:5])
    assert fitted.parameters == sum(tensor.size for tensor in fitted.tensors.values())
    assert evaluate(fitted.dataset.test.labels, fitted.score(fitted.dataset.test)).auc > 0.9


def test_missing_vectors_are_a_usage_error(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="tiny: starts from glove vectors"):
        run(FittingInputs(dataset), tmp_path)
