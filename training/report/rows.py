"""The table's rows in their order: those of the study, finished or not, and after them those beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from training.report.published import ROWS
from training.study import STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.report.published import Printed
    from training.report.runs import Run

_MODELS: Final = {"rnn": "SimpleRNN", "lstm": "LSTM", "bilstm": "BiLSTM"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: its run, if it is finished, and what the study printed, if it is the study's."""

    name: str
    run: Run | None
    printed: Printed | None
    study_auc: float | None
    study_accuracy: float | None
    remark: str

    @property
    def model(self) -> str:
        """The kind of model: what was fitted, or what the study fitted."""
        if self.run is None:
            return self.printed.model if self.printed else ""
        settings = self.run.result.settings
        return model_of(settings, self.printed)

    @property
    def dimensions(self) -> int | None:
        """Numbers to a word or a sentence; None where there is no such thing, or the result does not tell."""
        if self.run is None:
            return None
        settings = self.run.result.settings
        own = settings.get("own_dimensions") if settings.get("vectors") == "own" else None
        return own if isinstance(own, int) else None


def entries(runs: Mapping[str, Run]) -> tuple[Entry, ...]:
    """List all rows."""
    studied = tuple(
        Entry(row.name, runs.get(row.name), ROWS.get(row.name), row.auc, row.accuracy, row.remark)
        for row in STUDY
    )
    names = {entry.name for entry in studied}
    beyond = tuple(
        Entry(name, run, None, None, None, run.result.remark)
        for name, run in runs.items()
        if name not in names
    )
    return studied + beyond


def model_of(settings: Mapping[str, Any], printed: Printed | None) -> str:
    """Name the kind of model by a result's settings."""
    cell = settings.get("cell")
    if isinstance(cell, str):
        return _MODELS.get(cell, cell)
    return printed.model if printed else str(settings.get("kind", ""))
