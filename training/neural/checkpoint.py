"""Checkpoints: a run that resumes from one gets the same weights as a run without an interruption.

A checkpoint is one safetensors file. It holds every variable of model and optimizer, with the states of dropout's random
generators; its header holds the state of the run and its identity (:class:`training.neural.loop.RunFiles`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

from badbuzz.errors import Misconfigured
from training.fitting import CurvePoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

_IDENTITY: Final = "recipe"  # the name in files that exist
_STATE: Final = "standing"  # the name in files that exist


@dataclass(slots=True)
class FittingState:
    """The state of a run: finished steps, sum and number of the losses since the last evaluation, and the curve so far.

    ``cpu_seconds`` is processor time of all threads. Work that was lost to an interruption is not in it.
    """

    step: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    cpu_seconds: float = 0.0
    curve: list[CurvePoint] = field(default_factory=list)

    def has_stalled(self, patience: int) -> bool:
        """Return whether the last ``patience`` evaluations were no better than the best one before them."""
        return bool(self.curve) and len(self.curve) - 1 - self.best_evaluation() >= patience

    def best_evaluation(self) -> int:
        """Return the index of the evaluation with the best AUC, the first of several."""
        return max(range(len(self.curve)), key=lambda index: self.curve[index].validation_auc)


def save_checkpoint(
    path: Path, variables: Sequence[keras.Variable], state: FittingState, run_identity: str
) -> None:
    """Replace a checkpoint atomically: a crash leaves the old one or the new one.

    :raises Misconfigured: if the file cannot be written.
    """
    tensors = {str(index): np.asarray(variable.numpy()) for index, variable in enumerate(variables)}
    _replace_file(path, tensors, {_IDENTITY: run_identity, _STATE: json.dumps(asdict(state))})


def load_checkpoint(path: Path, variables: Sequence[keras.Variable], run_identity: str) -> FittingState:
    """Set the variables to the values in a checkpoint, and return the state of its run.

    :raises Misconfigured: if the file cannot be read, or has another identity: another spec, data or vectors.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get(_IDENTITY) != run_identity:
                raise Misconfigured(
                    f"checkpoint {path}: is of another run ({header.get(_IDENTITY)}, not {run_identity}); "
                    "give the same options and data, or another --out"
                )
            for index, variable in enumerate(variables):
                variable.assign(file.get_tensor(str(index)))
            stored = json.loads(header[_STATE])
    except (OSError, safetensors.SafetensorError) as error:
        raise Misconfigured(f"checkpoint {path}: cannot be read: {error}; give another --out") from None
    curve = [CurvePoint(**point) for point in stored.pop("curve")]
    return FittingState(**stored, curve=curve)


def save_weights(path: Path, model: keras.Model) -> None:
    """Write the weights of a model, without its random states, as atomically as a checkpoint.

    :raises Misconfigured: if the file cannot be written.
    """
    _replace_file(path, {str(index): weight for index, weight in enumerate(model.get_weights())})


def load_weights(path: Path, model: keras.Model) -> None:
    """Set the weights of a model to those that :func:`save_weights` wrote of a model of the same shape."""
    weights = load_file(path)
    model.set_weights([weights[str(index)] for index in range(len(weights))])


def _replace_file(path: Path, tensors: dict[str, NDArray[Any]], header: dict[str, str] | None = None) -> None:
    unfinished = path.with_suffix(".unfinished")
    try:
        save_file(tensors, unfinished, header)
        unfinished.replace(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise Misconfigured(
            f"checkpoint {path}: cannot be written: {error}; make room and give the same command"
        ) from None
