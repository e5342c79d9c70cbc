"""What all model specs have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from badbuzz.cleaning import get_rules

if TYPE_CHECKING:
    from badbuzz.cleaning import CleaningRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec(ABC):
    """Any model: its name in the registry, its cleaning rules, and how many tweets are drawn for it (None: all).

    ``rows`` includes the validation tweets. ``kind`` names the class in results and checkpoints. ``is_calibrated`` says
    whether the deployed model is calibrated, ``builds_vocabulary`` whether its vocabulary comes from the tweets.
    """

    kind: ClassVar[str]
    is_calibrated: ClassVar[bool] = True
    builds_vocabulary: ClassVar[bool] = True

    name: str
    cleaning: Literal["standard", "advanced", "expressive"] = "standard"
    rows: int | None = None
    seed: int = 2009

    @property
    def rules(self) -> CleaningRules:
        """The rules that clean its text."""
        return get_rules(self.cleaning)

    @property
    def vectors_option(self) -> str | None:
        """The command-line option, without dashes, that gives its word vectors or encoder; None if it needs none."""
        return None

    @property
    def needs_teachers(self) -> bool:
        """Whether it is fitted to teachers' scores, too."""
        return False

    def to_json(self) -> str:
        """Return the spec as JSON; equal specs give equal strings."""
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)

    def settings(self) -> dict[str, Any]:
        """Return the settings that the manifest records."""
        return asdict(self)

    def features(self, file: str | None) -> str:
        """Name what represents words in the comparison table; ``file`` names the vectors or encoder."""
        return file or "own"

    def describe_vectors(self, file: str | None) -> str:
        """Return the manifest's note on the vectors; ``file`` names the vectors or encoder."""
        return self.features(file)

    @abstractmethod
    def describe_fitting(self) -> str:
        """Return the model card's paragraph on how the model was fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralSpec(ModelSpec):
    """A network that is fitted by gradient descent.

    With ``decay`` the learning rate falls to zero along half a cosine over all epochs, otherwise it is constant. Fitting
    stops after ``patience`` evaluations without a better validation AUC, and keeps the weights of the best evaluation.
    """

    epochs: int = 5
    batch_size: int = 250
    learning_rate: float = 0.001
    decay: bool = True
    evaluations_per_epoch: int = 2
    patience: int = 3
    dropout: float = 0.5

    def _describe_schedule(self) -> str:
        rate = f"from {self.learning_rate} to 0" if self.decay else f"at {self.learning_rate}"
        return f"Adam {rate}, {self.epochs} epochs at most,\nbatches of {self.batch_size}."
