"""The types that every kind of model shares: what fitting takes, and the fitted and the deployable model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from training.calibration import apply_calibration, fit_calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network
    from model_registry.text.vocabulary import Vocabulary
    from training.calibration import Calibration
    from training.data.dataset import CleanedTweets, Dataset
    from training.specs import ModelSpec

    Tensors = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One evaluation: after ``epochs`` (a fraction counts), the mean training loss since the last one, and the validation.

    The training loss includes dropout and the penalty on large weights, so it may be above the validation loss, which is
    cross entropy alone.
    """

    epochs: float
    loss: float
    validation_loss: float
    validation_accuracy: float
    validation_auc: float


@dataclass(frozen=True, slots=True)
class FittingInputs:
    """The tweets, the pretrained vectors or encoder that the spec names, and the files of teachers' scores.

    ``vectors`` is a file of word vectors (:func:`training.data.vectors.read_vectors`) or the folder of an encoder.
    """

    dataset: Dataset
    vectors: Path | None = None
    teachers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class DeployableModel:
    """A model as the registry stores it and a worker scores with it.

    ``score_with`` scores tweets with given tensors; ``change`` says how the model differs from the fitted one ("": it
    does not).
    """

    network: Network
    vocabulary: Vocabulary
    tensors: Tensors
    score_with: Callable[[Tensors, CleanedTweets], NDArray[np.float32]]
    change: str = ""
    calibration: Calibration | None = None

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of *positive*."""
        return self.score_with(self.tensors, tweets)

    def calibrated(self, validation: CleanedTweets) -> DeployableModel:
        """Return this model, calibrated on tweets that it was not fitted on."""
        calibration = fit_calibration(validation.labels, self.score(validation))
        return replace(self, tensors=apply_calibration(self.tensors, calibration), calibration=calibration)


class FittedModel(Protocol):
    """The result of fitting a spec."""

    @property
    def spec(self) -> ModelSpec:
        """The spec that was fitted."""

    @property
    def dataset(self) -> Dataset:
        """The tweets it was fitted on."""

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""

    @property
    def curve(self) -> Sequence[CurvePoint]:
        """The evaluations; empty if the model was fitted in one go."""

    @property
    def cpu_seconds(self) -> float:
        """Processor time of fitting, of all threads."""

    def score(self, tweets: CleanedTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of *positive*."""

    def make_deployable(self) -> DeployableModel:
        """Return the model in the form that is deployed, not yet calibrated."""


def round_to_half(network: Network, tensors: Tensors) -> dict[str, NDArray[np.floating]]:
    """Round the tensors that a network may hold in half precision."""
    halved = network.half_precision_tensors
    return {name: tensor.astype(np.float16) if name in halved else tensor for name, tensor in tensors.items()}
