from __future__ import annotations

import dataclasses
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured, Usage

pytest.importorskip("tensorflow")

from tests.training import letter_count_encoder
from tests.training.neural.recording import Recorder
from training.fitting import FittingInputs
from training.neural import loop
from training.neural.sentence import FittedSentenceModel, SentenceExamples, fit_sentence_model
from training.specs import SentenceSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.data.dataset import Dataset

pytestmark = pytest.mark.tensorflow

SPEC = SentenceSpec(
    name="sentences", epochs=4, batch_size=32, learning_rate=0.02, units=16, dropout=0.2, patience=9
)
SENTENCES = [(392, 392), (8, 8)]
"""Sentences of the training and the validation set."""


@pytest.fixture(autouse=True, scope="module")
def operators() -> Iterator[None]:
    """The encoder of the tests needs no operators of tensorflow_text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))
        yield


@pytest.fixture(scope="module")
def inputs(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> FittingInputs:
    return FittingInputs(dataset, letter_count_encoder.write(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "sentences-spec"


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def fitted(inputs: FittingInputs, folder: Path, recorder: Recorder) -> FittedSentenceModel:
    folder.mkdir()
    return fit_sentence_model(SPEC, inputs, folder, recorder)


def test_inputs_are_single_precision() -> None:
    examples = SentenceExamples(np.ones((3, 2), np.float16), np.zeros(3, np.float32))
    assert examples.get_inputs(np.array([2, 0])).dtype == np.float32
    assert (len(examples), examples.lengths.tolist()) == (3, [0, 0, 0])


@pytest.mark.usefixtures("fitted")
def test_fitting_lowers_the_loss(recorder: Recorder) -> None:
    assert recorder.encoded[:2] == SENTENCES
    assert np.mean(recorder.losses[-5:]) < np.mean(recorder.losses[:5])


def test_the_deployable_form_scores_alike(fitted: FittedSentenceModel) -> None:
    test = fitted.dataset.test
    np.testing.assert_allclose(fitted.make_deployable().score(test), fitted.score(test), atol=1e-5)
    assert fitted.parameters == 8 * 16 + 16 + 16 + 1


def test_an_interrupted_run_ends_with_the_same_weights_and_curve(
    fitted: FittedSentenceModel, inputs: FittingInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences are encoded once, before the interruption."""
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 6)
    folder = tmp_path / "sentences-spec"
    folder.mkdir()
    interrupted, resumed = Recorder(stop_after=15), Recorder()
    with pytest.raises(KeyboardInterrupt):
        fit_sentence_model(SPEC, inputs, folder, interrupted)
    encoded = {path: path.stat().st_mtime_ns for path in (tmp_path / "sentences").iterdir()}
    again = fit_sentence_model(SPEC, inputs, folder, resumed)
    assert encoded == {path: path.stat().st_mtime_ns for path in (tmp_path / "sentences").iterdir()}
    assert interrupted.encoded == resumed.encoded == SENTENCES
    assert again.curve == fitted.curve
    for weights, expected in zip(again.model.get_weights(), fitted.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)


@pytest.mark.usefixtures("fitted")
def test_a_checkpoint_with_another_encoder_is_refused(
    inputs: FittingInputs, folder: Path, tmp_path: Path
) -> None:
    other = dataclasses.replace(inputs, vectors=letter_count_encoder.write(tmp_path / "encoder", factor=2.0))
    with pytest.raises(Misconfigured, match="of another run"):
        fit_sentence_model(SPEC, other, folder, Recorder())


def test_a_missing_encoder_is_a_usage_error(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="sentences: needs a sentence encoder"):
        fit_sentence_model(SPEC, FittingInputs(dataset), tmp_path, Recorder())
