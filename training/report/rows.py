"""The table's rows in their order: those of the study, finished or not, and after them those beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.experiments.study_2021 import STUDY
from training.report.published import NOTHING, ROWS, Columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from training.report.runs import Run

_MODELS: Final = {"rnn": "SimpleRNN", "lstm": "LSTM", "bilstm": "BiLSTM"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: its run, if it is finished; what the study printed, if it is the study's; how the two differ."""

    name: str
    run: Run | None
    printed: Columns = NOTHING
    study_auc: float | None = None
    study_accuracy: float | None = None
    remark: str = ""

    def columns(self) -> Columns:
        """What was fitted here; of a row that is not run only what it would be."""
        if self.run is None:
            return Columns(model=self.printed.model)
        result = self.run.result
        settings = result.settings
        own = settings.get("own_dimensions") if settings.get("vectors") == "own" else None
        return Columns(
            vectors=result.vectors,
            model=_model(settings) or self.printed.model,
            dimensions=own if isinstance(own, int) else None,
            tweets=result.rows,
            parameters=result.parameters,
        )


def _model(settings: Mapping[str, JsonValue]) -> str | None:
    """Name a model by what it was fitted with."""
    deep, cell = settings.get("deep"), settings.get("cell")
    if isinstance(deep, dict):
        return f"{_model(deep)} and n-grams"
    if isinstance(cell, str):
        return _MODELS.get(cell, cell) + (" and n-grams" if settings.get("buckets") else "")
    if "max_pieces" in settings:
        return "Transformer"
    return "logistic regression" if "inverse_penalty" in settings else None


def entries(runs: Mapping[str, Run]) -> tuple[Entry, ...]:
    """List all rows."""
    studied = tuple(
        Entry(row.name, runs.get(row.name), ROWS[row.name], row.auc, row.accuracy, row.remark)
        for row in STUDY
    )
    names = {entry.name for entry in studied}
    beyond = (Entry(name, run, remark=run.result.remark) for name, run in runs.items() if name not in names)
    return (*studied, *beyond)
