"""One line of the comparison table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from training.specs import ModelSpec


class StudyFigures(BaseModel):
    """The figures that the study printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auc: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Experiment:
    """A model spec, and the figures that the study printed for it (None: the study had no such model).

    ``remark`` says how the model differs from the study's.
    """

    spec: ModelSpec
    study_figures: StudyFigures | None = None
    remark: str = ""

    @property
    def name(self) -> str:
        """The experiment's name, which is its model's."""
        return self.spec.name
