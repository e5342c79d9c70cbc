"""The result of an experiment: a small JSON file with everything a report needs, and a file with the score of each tweet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, ValidationError

from badbuzz.errors import DataRefused
from badbuzz.system.atomic_file import replace_file
from model_registry.package.metrics import Metrics
from training.experiments.experiment import StudyFigures
from training.fitting import CurvePoint

if TYPE_CHECKING:
    from pathlib import Path

RESULT: Final = "result.json"
SCORES: Final = "scores.safetensors"


class ExperimentResult(BaseModel):
    """A finished experiment.

    ``metrics`` are those of the fitted model, before it was made smaller for the registry, by labelled set. ``rows`` counts
    the tweets it was fitted on. ``cpu_seconds`` is the processor time of fitting and of encoding sentences, of all
    threads, on ``machine`` (empty in results older than the field). ``version`` is the registered model's, if any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    study: StudyFigures | None  # None if the study had no such model
    remark: str
    settings: dict[str, JsonValue]
    vectors: str
    rows: int
    parameters: int
    cpu_seconds: float
    machine: str = ""
    metrics: dict[str, Metrics]
    curve: list[CurvePoint]
    data_fingerprint: str
    software: str
    git_revision: str | None
    version: str | None
    finished_at: AwareDatetime

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read an experiment's result; None if it is not finished.

        :raises DataRefused: if the file is not a result.
        """
        path = folder / RESULT
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise DataRefused(
                f"{path}: not the result of an experiment: {error}; remove it to run the experiment again"
            ) from None

    def write(self, folder: Path) -> None:
        """Write the result atomically."""
        with replace_file(folder / RESULT) as unfinished:
            unfinished.write_text(json.dumps(self.model_dump(mode="json"), indent=1) + "\n")
