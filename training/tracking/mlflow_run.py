"""One run in MLflow. If the server stops answering, each evaluation takes a few seconds longer and the run continues."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Final, Self

from badbuzz.system.atomic_file import replace_file
from training.neural.observer import name_batch_loss, name_curve_values
from training.tracking.mlflow_package import LOGGING_ERRORS, Metric, RunTag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from training.fitting import CurvePoint
    from training.tracking.mlflow_package import MlflowClient
    from training.tracking.port import RunOutcome

log = logging.getLogger(__name__)

STATE: Final = "mlflow.json"

_MOST_METRICS: Final = 1_000
"""The most metrics that a server takes in one request."""

_WAITS: Final = (0, 5, 15, 40)
"""Seconds before each attempt to log the outcome: a server restarts in less than their sum."""


class MLflowRun:
    """One run. Metrics that cannot be sent are sent with the next evaluation, or with the outcome."""

    def __init__(self, client: MlflowClient, run_id: str, folder: Path) -> None:
        self._client, self._run_id, self._folder = client, run_id, folder
        self._unsent: list[Metric] = []
        self._step = 0
        self._failing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._try(lambda: self._end("KILLED" if kind is KeyboardInterrupt else "FAILED"))

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:  # noqa: ARG002 - an observer's
        """Queue the loss of every 50th step."""
        self._step = step
        self._queue(name_batch_loss(step, loss))

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        """Log the evaluation and all queued metrics."""
        self._queue(name_curve_values(point))
        self._try(self._send)

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        """Log nothing: encoding has no curve."""

    def log_outcome(self, outcome: RunOutcome) -> None:
        """Log the outcome; if the server does not answer for a minute, warn: the next run of the command logs it."""
        self._queue(_numbers_of(outcome))
        for wait in _WAITS:
            time.sleep(wait)
            if self._try(lambda: self._finish(outcome)):
                write_state(self._folder, self._run_id, concluded=True)
                return
        log.warning(
            "MLflow has not stored the outcome of the run in %s; give the same command once the server is back",
            self._folder,
        )

    def _queue(self, values: Mapping[str, float]) -> None:
        now = int(time.time() * 1_000)
        self._unsent += [Metric(name, value, now, self._step) for name, value in values.items()]

    def _send(self) -> None:
        while self._unsent:
            self._client.log_batch(self._run_id, metrics=self._unsent[:_MOST_METRICS])
            del self._unsent[:_MOST_METRICS]

    def _finish(self, outcome: RunOutcome) -> None:
        tags = [RunTag(key, fact) for key, fact in outcome.facts.items() if isinstance(fact, str)]
        self._client.log_batch(self._run_id, tags=tags)
        self._end("FINISHED")
        for path in outcome.files:
            self._client.log_artifact(self._run_id, str(path))

    def _end(self, status: str) -> None:
        self._send()
        self._client.set_terminated(self._run_id, status)

    def _try(self, action: Callable[[], None]) -> bool:
        """Run a logging action and return whether it succeeded. Warn only of the first of consecutive failures."""
        try:
            action()
        except LOGGING_ERRORS as error:
            if not self._failing:
                log.warning("MLflow does not answer, training continues: %s", error)
            self._failing = True
            return False
        self._failing = False
        return True


def _numbers_of(outcome: RunOutcome) -> dict[str, float]:
    numbers = {key: float(fact) for key, fact in outcome.facts.items() if isinstance(fact, int | float)}
    for name, found in outcome.metrics.items():
        measured = found.model_dump(include={"accuracy", "auc", "tpr", "fpr", "ece"}, exclude_none=True)
        numbers |= {f"final/{name}/{key}": value for key, value in measured.items()}
    return numbers


def read_state(folder: Path) -> dict[str, str | bool] | None:
    """Read the id of a folder's run, and whether its outcome was logged; None if no run was started."""
    try:
        state: dict[str, str | bool] = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return None
    return state


def write_state(folder: Path, run_id: str, *, concluded: bool) -> None:
    """Write the id of a folder's run atomically."""
    with replace_file(folder / STATE) as unfinished:
        unfinished.write_text(json.dumps({"run_id": run_id, "concluded": concluded}))
