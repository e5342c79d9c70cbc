"""The training loop with a small dense network: its evaluations, early stopping, and interrupted runs."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured
from training.specs import SentenceSpec

pytest.importorskip("tensorflow")

import keras

from tests.training.neural.event_files import read_scalars
from tests.training.neural.recording import Recorder
from training.neural import loop
from training.neural.loop import FittingExamples, RunFiles, fit
from training.neural.sentence import SentenceExamples, build_sentence_network

if TYPE_CHECKING:
    from pathlib import Path

    from training.neural.checkpoint import FittingState

pytestmark = pytest.mark.tensorflow

SPEC = SentenceSpec(
    name="dense", epochs=2, batch_size=32, learning_rate=0.01, units=8, dropout=0.5, patience=9
)
STEPS = 26
"""390 examples in batches of 32, twice."""


def make_examples(rows: int, seed: int) -> SentenceExamples:
    vectors = np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float16)
    return SentenceExamples(vectors, (vectors[:, 0] > 0).astype(np.float32))


EXAMPLES = FittingExamples(make_examples(390, 1), make_examples(100, 2))


class FittingRun:
    """A fitted model, the state of its run, and what its observer received."""

    def __init__(
        self,
        folder: Path,
        spec: SentenceSpec = SPEC,
        *,
        run_identity: str = "a run",
        stop_after: int | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        keras.utils.set_random_seed(spec.seed)
        self.model = build_sentence_network(6, spec)
        self.recorder = Recorder(stop_after)
        self.state: FittingState = fit(
            self.model, EXAMPLES, spec, RunFiles(folder, run_identity), self.recorder
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the uninterrupted run."""
    return tmp_path_factory.mktemp("uninterrupted")


@pytest.fixture(scope="module")
def uninterrupted(folder: Path) -> FittingRun:
    return FittingRun(folder)


def assert_same_weights(one: FittingRun, other: FittingRun) -> None:
    """Assert that two models have the same weights, bit for bit."""
    for weights, expected in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_every_half_epoch_and_the_last_step_is_evaluated(uninterrupted: FittingRun) -> None:
    assert len(uninterrupted.recorder.losses) == STEPS
    assert uninterrupted.state.curve == uninterrupted.recorder.curve
    epochs = [point.epochs for point in uninterrupted.state.curve]
    assert epochs == pytest.approx([7 / 13, 14 / 13, 21 / 13, 2])


def test_the_curve_has_the_mean_loss_since_the_last_evaluation(uninterrupted: FittingRun) -> None:
    losses = uninterrupted.recorder.losses
    means = [np.mean(losses[start : start + 7]) for start in range(0, STEPS, 7)]
    assert [point.loss for point in uninterrupted.state.curve] == pytest.approx(means)


def test_the_curve_is_logged_for_tensorboard(uninterrupted: FittingRun, folder: Path) -> None:
    scalars = read_scalars(folder / "tensorboard")
    for step, point in zip((7, 14, 21, 26), uninterrupted.state.curve, strict=True):
        assert ("validation/auc", step, round(point.validation_auc, 6)) in scalars
        assert ("train/loss", step, round(point.loss, 6)) in scalars


@pytest.mark.parametrize(("stop_after", "checkpoint"), [(3, 0), (6, 0), (7, 6), (15, 12), (25, 24)])
def test_an_interrupted_run_ends_with_the_same_weights_and_curve(
    uninterrupted: FittingRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop_after: int,
    checkpoint: int,
) -> None:
    """The steps after the last checkpoint are done again, with the same dropout and learning rate."""
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 6)
    with pytest.raises(KeyboardInterrupt):
        FittingRun(tmp_path, stop_after=stop_after)
    resumed = FittingRun(tmp_path)
    assert resumed.recorder.losses == uninterrupted.recorder.losses[checkpoint:]
    assert resumed.state.curve == uninterrupted.state.curve
    assert_same_weights(resumed, uninterrupted)


def test_a_run_may_be_interrupted_more_than_once(
    uninterrupted: FittingRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 6)
    for stop_after in (8, 20):
        with pytest.raises(KeyboardInterrupt):
            FittingRun(tmp_path, stop_after=stop_after)
    resumed = FittingRun(tmp_path)
    assert resumed.state.curve == uninterrupted.state.curve
    assert_same_weights(resumed, uninterrupted)


def test_a_finished_run_is_resumed_without_a_step(uninterrupted: FittingRun, folder: Path) -> None:
    resumed = FittingRun(folder)
    assert resumed.recorder.losses == []
    assert resumed.state.curve == uninterrupted.state.curve
    assert resumed.state.cpu_seconds == uninterrupted.state.cpu_seconds > 0
    assert_same_weights(resumed, uninterrupted)


@pytest.mark.usefixtures("uninterrupted")
def test_a_checkpoint_of_another_run_is_refused(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="of another run"):
        FittingRun(folder, run_identity="another run")


def test_a_checkpoint_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.unfinished").mkdir()
    with pytest.raises(Misconfigured, match=r"checkpoint\.safetensors: cannot be written"):
        FittingRun(tmp_path)


def test_the_learning_rate_falls_to_zero_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []

    class SpiedFitting(loop._Fitting):
        def _evaluate(self) -> None:
            rates.append(float(self._optimizer.learning_rate))
            super()._evaluate()

    monkeypatch.setattr(loop, "_Fitting", SpiedFitting)
    FittingRun(tmp_path / "falling")
    FittingRun(tmp_path / "staying", dataclasses.replace(SPEC, decay=False))
    falling, staying = rates[:4], rates[4:]
    assert sorted(falling, reverse=True) == falling
    assert falling[-1] < SPEC.learning_rate / 50
    assert staying == pytest.approx([SPEC.learning_rate] * 4)


class ScriptedEvaluations:
    """Replaces the AUCs of the evaluations, and keeps the weights that were evaluated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aucs: list[float]) -> None:
        self.weights: list[list[np.ndarray]] = []
        evaluations = self

        class SpiedFitting(loop._Fitting):
            def _evaluate(self) -> None:
                evaluations.weights.append(self._model.get_weights())
                super()._evaluate()

        remaining = iter(aucs)
        monkeypatch.setattr(loop, "_Fitting", SpiedFitting)
        monkeypatch.setattr(
            loop, "evaluate", lambda _labels, _scores: SimpleNamespace(auc=next(remaining), accuracy=0.5)
        )


def test_fitting_stops_early_with_the_weights_of_the_best_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluations = ScriptedEvaluations(monkeypatch, [0.5, 0.9, 0.7, 0.8])
    stopped = FittingRun(tmp_path, dataclasses.replace(SPEC, epochs=3, patience=2))
    assert [point.validation_auc for point in stopped.state.curve] == [0.5, 0.9, 0.7, 0.8]
    assert len(stopped.recorder.losses) == 28
    for weights, best in zip(stopped.model.get_weights(), evaluations.weights[1], strict=True):
        np.testing.assert_array_equal(weights, best)


def test_an_interruption_does_not_reset_the_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted at step 22; the checkpoint is of step 21, after the third evaluation."""
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 7)
    spec = dataclasses.replace(SPEC, epochs=3, patience=2)
    evaluations = ScriptedEvaluations(monkeypatch, [0.5, 0.9, 0.7, 0.8])
    with pytest.raises(KeyboardInterrupt):
        FittingRun(tmp_path, spec, stop_after=22)
    resumed = FittingRun(tmp_path, spec)
    assert [point.validation_auc for point in resumed.state.curve] == [0.5, 0.9, 0.7, 0.8]
    for weights, best in zip(resumed.model.get_weights(), evaluations.weights[1], strict=True):
        np.testing.assert_array_equal(weights, best)
