"""The table's rows in their order: those of the study, finished or not, and after them those beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.report.published import NOTHING, ROWS, Columns
from training.study import STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        own = result.settings.get("own_dimensions") if result.settings.get("vectors") == "own" else None
        return Columns(
            vectors=result.vectors,
            model=self._model(result.settings.get("cell")),
            dimensions=own if isinstance(own, int) else None,
            tweets=result.rows,
            parameters=result.parameters,
        )

    def _model(self, cell: object) -> str | None:
        return _MODELS.get(cell, cell) if isinstance(cell, str) else self.printed.model


def entries(runs: Mapping[str, Run]) -> tuple[Entry, ...]:
    """List all rows."""
    studied = tuple(
        Entry(row.name, runs.get(row.name), ROWS[row.name], row.auc, row.accuracy, row.remark)
        for row in STUDY
    )
    names = {entry.name for entry in studied}
    beyond = (Entry(name, run, remark=run.result.remark) for name, run in runs.items() if name not in names)
    return (*studied, *beyond)
