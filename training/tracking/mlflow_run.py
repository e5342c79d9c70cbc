"""One run as MLflow shows it. A server that goes away costs it a few seconds at each evaluation, never the run."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Final, Self

from training.neural.watcher import values_of
from training.tracking.mlflow_package import UNTOLD, Metric, RunTag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from training.neural.checkpoint import CurvePoint
    from training.tracking.mlflow_package import MlflowClient
    from training.tracking.port import Outcome

log = logging.getLogger(__name__)

STATE: Final = "mlflow.json"

_LOSS_STEPS: Final = 50
"""As for TensorBoard."""

_MOST_METRICS: Final = 1_000
"""What a server takes in one request."""

_WAITS: Final = (0, 5, 15, 40)
"""Seconds before each attempt to tell how a run ended: longer than a server takes to start again."""


class MLflowRun:
    """One run. What the server does not hear is told with the next evaluation, or in the end."""

    def __init__(self, client: MlflowClient, run_id: str, folder: Path) -> None:
        self._client, self._run_id, self._folder = client, run_id, folder
        self._untold: list[Metric] = []
        self._step = 0
        self._away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._try(lambda: self._end("KILLED" if kind is KeyboardInterrupt else "FAILED"))

    def stepped(self, step: int, steps: int, tweets: int, loss: float) -> None:  # noqa: ARG002 - a watcher's
        """Note the loss of every so many steps."""
        self._step = step
        if step % _LOSS_STEPS == 0:
            self._note({"train/loss of one batch": loss})

    def evaluated(self, point: CurvePoint) -> None:
        """Tell what the validation found."""
        self._note(values_of(point))
        self._try(self._send)

    def encoded(self, sentences: int, of: int) -> None:
        """Sentences have no curve."""

    def conclude(self, outcome: Outcome) -> None:
        """Tell what was measured; if nobody listens for a minute, say so and leave it to the next time."""
        self._note(_numbers_of(outcome))
        for wait in _WAITS:
            time.sleep(wait)
            if self._try(lambda: self._finish(outcome)):
                write_state(self._folder, self._run_id, concluded=True)
                return
        log.warning(
            "MLflow has not heard how the run in %s ended; give the same command once it is back",
            self._folder,
        )

    def _note(self, values: Mapping[str, float]) -> None:
        now = int(time.time() * 1_000)
        self._untold += [Metric(name, value, now, self._step) for name, value in values.items()]

    def _send(self) -> None:
        while self._untold:
            self._client.log_batch(self._run_id, metrics=self._untold[:_MOST_METRICS])
            del self._untold[:_MOST_METRICS]

    def _finish(self, outcome: Outcome) -> None:
        tags = [RunTag(key, fact) for key, fact in outcome.facts.items() if isinstance(fact, str)]
        self._client.log_batch(self._run_id, tags=tags)
        self._end("FINISHED")
        for path in outcome.files:
            self._client.log_artifact(self._run_id, str(path))

    def _end(self, status: str) -> None:
        self._send()
        self._client.set_terminated(self._run_id, status)

    def _try(self, tell: Callable[[], None]) -> bool:
        try:
            tell()
        except UNTOLD as error:
            if not self._away:
                log.warning("MLflow was not told, training goes on: %s", error)
            self._away = True
            return False
        self._away = False
        return True


def _numbers_of(outcome: Outcome) -> dict[str, float]:
    numbers = {key: float(fact) for key, fact in outcome.facts.items() if isinstance(fact, int | float)}
    for name, found in outcome.metrics.items():
        measured = found.model_dump(include={"accuracy", "auc", "tpr", "fpr", "ece"}, exclude_none=True)
        numbers |= {f"final/{name}/{key}": value for key, value in measured.items()}
    return numbers


def read_state(folder: Path) -> dict[str, str | bool] | None:
    """Say which run a folder's is, and whether it was told to its end; None if it was never begun."""
    try:
        state: dict[str, str | bool] = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return None
    return state


def write_state(folder: Path, run_id: str, *, concluded: bool) -> None:
    """Remember it, whole or not at all."""
    unfinished = folder / f"{STATE}.unfinished"
    unfinished.write_text(json.dumps({"run_id": run_id, "concluded": concluded}))
    unfinished.replace(folder / STATE)
