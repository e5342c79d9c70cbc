"""Checkpoints: all that a run needs to go on after it was stopped as if it had not been.

One safetensors file: every variable of model and optimizer (dropout's random states among them), and in its header where
the run stands and what it is a run of.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

from badbuzz.errors import Misconfigured
from training.fitting import CurvePoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras

_RECIPE: Final = "recipe"
_STANDING: Final = "standing"


@dataclass(slots=True)
class FittingState:
    """Where a run stands: steps done, loss summed since the last evaluation over how many steps, and the curve so far.

    ``cpu_seconds`` is processor time of all threads, of the steps and evaluations that count: those after the last
    checkpoint before an interruption are done again.
    """

    step: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    cpu_seconds: float = 0.0
    curve: list[CurvePoint] = field(default_factory=list)

    def stalled(self, patience: int) -> bool:
        """Whether ``patience`` evaluations in a row were no better than the best."""
        return bool(self.curve) and len(self.curve) - 1 - self.best() >= patience

    def best(self) -> int:
        """Index of the best evaluation so far."""
        return max(range(len(self.curve)), key=lambda index: self.curve[index].validation_auc)


def save_checkpoint(
    path: Path, variables: Sequence[keras.Variable], standing: FittingState, recipe: str
) -> None:
    """Write a checkpoint in place of the one before; a crash leaves one of the two.

    :raises Misconfigured: if it cannot be written.
    """
    tensors = {str(index): np.asarray(variable.numpy()) for index, variable in enumerate(variables)}
    unfinished = path.with_suffix(".unfinished")
    try:
        save_file(tensors, unfinished, {_RECIPE: recipe, _STANDING: json.dumps(asdict(standing))})
        unfinished.replace(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise Misconfigured(
            f"checkpoint {path}: cannot be written: {error}; make room and give the same command"
        ) from None


def load_checkpoint(path: Path, variables: Sequence[keras.Variable], recipe: str) -> FittingState:
    """Set the variables to what ``path`` holds.

    :raises Misconfigured: if the file is unreadable, or a checkpoint of another spec, data or vectors (``recipe``).
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get(_RECIPE) != recipe:
                raise Misconfigured(
                    f"checkpoint {path}: is of another run ({header.get(_RECIPE)}, not {recipe}); "
                    "give the same options and data, or another --out"
                )
            for index, variable in enumerate(variables):
                variable.assign(file.get_tensor(str(index)))
            stored = json.loads(header[_STANDING])
    except (OSError, safetensors.SafetensorError) as error:
        raise Misconfigured(f"checkpoint {path}: cannot be read: {error}; give another --out") from None
    curve = [CurvePoint(**point) for point in stored.pop("curve")]
    return FittingState(**stored, curve=curve)


def save_weights(path: Path, model: keras.Model) -> None:
    """Write the model's weights, in the order in which Keras lists them."""
    save_file({str(index): weight for index, weight in enumerate(model.get_weights())}, path)


def load_weights(path: Path, model: keras.Model) -> None:
    """Set the model's weights to what :func:`save_weights` wrote of a model of its shape."""
    weights = load_file(path)
    model.set_weights([weights[str(index)] for index in range(len(weights))])
