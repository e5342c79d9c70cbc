"""What a finished row leaves: one small JSON file with all that a report needs, and the scores of every tweet of a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, ValidationError

from badbuzz.errors import DataRefused
from model_registry.package.metrics import Metrics
from training.neural.checkpoint import CurvePoint

if TYPE_CHECKING:
    from pathlib import Path

RESULT: Final = "result.json"
SCORES: Final = "scores.safetensors"


class Published(BaseModel):
    """What the study printed for the row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auc: float
    accuracy: float


class ExperimentResult(BaseModel):
    """One row of the table, measured.

    ``metrics`` go by the labelled set; they are of the model as it was fitted, before anything was made smaller for the
    registry. ``rows`` counts the tweets it was fitted on, ``cpu_seconds`` processor time of fitting, by all threads, and
    of encoding sentences, on ``machine`` (empty in results older than the field). ``version`` names the model that was
    registered, if any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    study: Published | None  # None if it had no such row
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
        """Read a row's result; None if it is not finished.

        :raises DataRefused: if the file is none.
        """
        path = folder / RESULT
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise DataRefused(
                f"{path}: no result of a row: {error}; remove it to measure the row anew"
            ) from None

    def write(self, folder: Path) -> None:
        """Write it whole or not at all."""
        unfinished = folder / f"{RESULT}.unfinished"
        unfinished.write_text(json.dumps(self.model_dump(mode="json"), indent=1) + "\n")
        unfinished.replace(folder / RESULT)
