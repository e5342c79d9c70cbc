"""The training loop: one for every neural spec, resumable, stopped by the validation AUC."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import keras

from model_registry.evaluation import evaluate
from training.data.encoded import batches
from training.fitting import CurvePoint
from training.neural.checkpoint import (
    FittingState,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from training.neural.compiled import compile_scoring, compile_training_step, predict
from training.neural.observer import FittingObservers
from training.neural.tensorboard import TensorBoardLog

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from training.data.examples import Examples
    from training.neural.observer import FittingObserver
    from training.specs import NeuralSpec

CHECKPOINT_STEPS: Final = 250
"""Steps between checkpoints: a minute or two of work is what a crash may cost."""


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Where a run keeps its files, and all that decides how it goes (``recipe``)."""

    folder: Path
    recipe: str

    @property
    def checkpoint(self) -> Path:
        """Where the run stands."""
        return self.folder / "checkpoint.safetensors"

    @property
    def best(self) -> Path:
        """The weights with the best validation AUC so far."""
        return self.folder / "best.safetensors"


@dataclass(frozen=True, slots=True)
class FittingExamples:
    """What a model is fitted on, and what says when to stop."""

    train: Examples
    validation: Examples


def fit(
    model: keras.Model, examples: FittingExamples, spec: NeuralSpec, run: RunFiles, observer: FittingObserver
) -> FittingState:
    """Fit ``model`` and leave it with the weights of its best evaluation; returns how the run went.

    :raises Misconfigured: if there is a checkpoint to resume, but of another recipe.
    """
    with TensorBoardLog(run.folder / "tensorboard") as log:
        fitting = _Fitting(model, examples, spec, run, FittingObservers((observer, log)))
        while not fitting.finished:
            fitting.advance()
    load_weights(run.best, model)
    return fitting.standing


class _Fitting:
    def __init__(
        self,
        model: keras.Model,
        examples: FittingExamples,
        spec: NeuralSpec,
        run: RunFiles,
        observer: FittingObserver,
    ) -> None:
        self._model, self._examples, self._spec, self._run, self._observer = (
            model,
            examples,
            spec,
            run,
            observer,
        )
        self._per_epoch = math.ceil(len(examples.train) / spec.batch_size)
        self._steps = self._per_epoch * spec.epochs
        self._evaluate_every = math.ceil(self._per_epoch / spec.evaluations_per_epoch)
        self._optimizer = keras.optimizers.Adam(_learning_rate(spec, self._steps))
        self._optimizer.build(model.trainable_variables)
        self._step = compile_training_step(model, self._optimizer)
        self._score = compile_scoring(model)
        self._variables = [*model.variables, *self._optimizer.variables]
        self.standing = FittingState()
        if run.checkpoint.exists():
            self.standing = load_checkpoint(run.checkpoint, self._variables, run.recipe)
        self._spent_before = self.standing.cpu_seconds - time.process_time()

    @property
    def finished(self) -> bool:
        return self.standing.step >= self._steps or self.standing.stalled(self._spec.patience)

    def advance(self) -> None:
        """Do what is left of the current epoch."""
        epoch, done = divmod(self.standing.step, self._per_epoch)
        order = batches(
            self._examples.train.lengths, self._spec.batch_size, seed=self._spec.seed, epoch=epoch
        )
        for rows in order[done:]:
            self._learn(rows)
            last = self.standing.step == self._steps
            if last or self.standing.step % self._evaluate_every == 0:
                self._evaluate()
            if last or self.finished or self.standing.step % CHECKPOINT_STEPS == 0:
                self._save()
            if self.finished:
                return

    def _learn(self, rows: NDArray[np.int64]) -> None:
        train, standing = self._examples.train, self.standing
        loss = float(self._step(train.inputs_of(rows), train.labels[rows]))
        standing.step += 1
        standing.loss_sum += loss
        standing.loss_steps += 1
        self._observer.step_finished(standing.step, self._steps, len(rows), loss)

    def _evaluate(self) -> None:
        validation, standing = self._examples.validation, self.standing
        scores = predict(self._score, validation)
        found = evaluate(validation.labels, scores)
        point = CurvePoint(
            epochs=standing.step / self._per_epoch,
            loss=standing.loss_sum / standing.loss_steps,
            validation_loss=float(keras.losses.BinaryCrossentropy()(validation.labels, scores)),
            validation_accuracy=found.accuracy,
            validation_auc=found.auc,
        )
        standing.loss_sum, standing.loss_steps = 0.0, 0
        standing.curve.append(point)
        if standing.best() == len(standing.curve) - 1:
            save_weights(self._run.best, self._model)
        self._observer.evaluation_finished(point)

    def _save(self) -> None:
        self.standing.cpu_seconds = self._spent_before + time.process_time()
        save_checkpoint(self._run.checkpoint, self._variables, self.standing, self._run.recipe)


def _learning_rate(spec: NeuralSpec, steps: int) -> keras.optimizers.schedules.LearningRateSchedule | float:
    if spec.decay:
        return keras.optimizers.schedules.CosineDecay(spec.learning_rate, steps)
    return spec.learning_rate
