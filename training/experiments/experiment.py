"""One line of the comparison table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.specs import ModelSpec


@dataclass(frozen=True, slots=True)
class Experiment:
    """A model spec, and the AUC and accuracy that the study printed for it (None: the study had no such model).

    ``remark`` says how the model differs from the study's.
    """

    spec: ModelSpec
    auc: float | None = None
    accuracy: float | None = None
    remark: str = ""

    @property
    def name(self) -> str:
        """The experiment's name, which is its model's."""
        return self.spec.name
