"""Runs as MLflow shows them. A server that is away costs a run that has begun a few seconds, never the run."""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from badbuzz.errors import DependencyDown, GiveUp, Misconfigured

# Read when it is imported or when it asks. By default it tries for minutes, which is what training would wait for at each
# evaluation; it tells its makers of each use; and it prints where each run is to be seen.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

try:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException, RestException
except ImportError:
    raise Misconfigured(
        "MLFLOW_TRACKING_URI is set, but MLflow's package is not installed; install the extra `mlflow`, or unset it"
    ) from None

from training.tracking import Unheard
from training.watcher import values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from training.checkpoint import CurvePoint
    from training.tracking import Outcome, TrackedRun

log = logging.getLogger(__name__)

STATE: Final = "mlflow.json"
EXPERIMENT: Final = "badbuzz"

_LOSS_STEPS: Final = 50
"""As for TensorBoard."""

_MOST_METRICS: Final = 1_000
"""What a server takes in one request."""

_WAITS: Final = (0, 5, 15, 40)
"""Seconds before each attempt to tell how a run ended: longer than a server takes to start again."""

_UNTOLD: Final = (MlflowException, OSError, ImportError)
"""What telling may raise; the last one is a library that an artifact store needs."""


class MLflowTracker:
    """Tells an MLflow server of runs, in the experiment ``MLFLOW_EXPERIMENT_NAME`` (``badbuzz`` by default)."""

    def __init__(self, client: MlflowClient, experiment_id: str, address: str) -> None:
        self._client, self._experiment_id, self._address = client, experiment_id, address

    @classmethod
    def connect(cls, address: str) -> Self:
        """Find the experiment, or make it.

        :raises DependencyDown: if no server answers.
        :raises Misconfigured: if it refuses, or there is no such address.
        """
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        try:
            client = MlflowClient(tracking_uri=address)
            found = client.get_experiment_by_name(name)
            return cls(client, found.experiment_id if found else client.create_experiment(name), address)
        except _UNTOLD as error:
            raise _refused(address, error) from None

    def run(
        self, folder: Path, name: str, settings: Mapping[str, object]
    ) -> AbstractContextManager[TrackedRun]:
        """Begin to tell of a run; one that was interrupted goes on, one that was told to its end is not told again.

        :raises DependencyDown: if the server does not answer.
        :raises Misconfigured: if it refuses.
        """
        folder.mkdir(parents=True, exist_ok=True)
        state = _read_state(folder)
        if state and state["concluded"]:
            return nullcontext(Unheard())
        try:
            run_id = self._resumed(str(state["run_id"])) if state else None
            run_id = run_id or self._begun(name, settings)
        except _UNTOLD as error:
            raise _refused(self._address, error) from None
        _write_state(folder, run_id, concluded=False)
        return MLflowRun(self._client, run_id, folder)

    def _begun(self, name: str, settings: Mapping[str, object]) -> str:
        run_id: str = self._client.create_run(self._experiment_id, run_name=name).info.run_id
        self._client.log_batch(run_id, params=[Param(key, str(value)) for key, value in settings.items()])
        return run_id

    def _resumed(self, run_id: str) -> str | None:
        try:
            self._client.update_run(run_id, status="RUNNING")
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # another server's
                return None
            raise
        return run_id


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
        for name, found in outcome.metrics.items():
            numbers = found.model_dump(include={"accuracy", "auc", "tpr", "fpr", "ece"}, exclude_none=True)
            self._note({f"final/{name}/{key}": value for key, value in numbers.items()})
        facts = {key: fact for key, fact in outcome.facts.items() if fact is not None}
        self._note({key: float(fact) for key, fact in facts.items() if not isinstance(fact, str)})
        tags = {key: fact for key, fact in facts.items() if isinstance(fact, str)}

        def tell() -> None:
            self._client.log_batch(self._run_id, tags=[RunTag(key, fact) for key, fact in tags.items()])
            self._end("FINISHED")
            for path in outcome.files:
                self._client.log_artifact(self._run_id, str(path))

        for wait in _WAITS:
            time.sleep(wait)
            if self._try(tell):
                _write_state(self._folder, self._run_id, concluded=True)
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

    def _end(self, status: str) -> None:
        self._send()
        self._client.set_terminated(self._run_id, status)

    def _try(self, tell: Callable[[], None]) -> bool:
        try:
            tell()
        except _UNTOLD as error:
            if not self._away:
                log.warning("MLflow was not told, training goes on: %s", error)
            self._away = True
            return False
        self._away = False
        return True


def _refused(address: str, error: Exception) -> GiveUp:
    """Tell a server that says no from one that says nothing. Passwords stay out of the message."""
    secret = urlsplit(address).netloc.rpartition("@")[0]
    told = str(error).replace(f"{secret}@", "") if secret else str(error)
    advice = f"MLflow: {told}; mend that, or unset MLFLOW_TRACKING_URI to train without it"
    silent = getattr(error, "error_code", None) in {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE"}
    return (
        DependencyDown(advice) if silent and not isinstance(error, RestException) else Misconfigured(advice)
    )


def _read_state(folder: Path) -> dict[str, str | bool] | None:
    try:
        state: dict[str, str | bool] = json.loads((folder / STATE).read_text())
    except FileNotFoundError:
        return None
    return state


def _write_state(folder: Path, run_id: str, *, concluded: bool) -> None:
    unfinished = folder / f"{STATE}.unfinished"
    unfinished.write_text(json.dumps({"run_id": run_id, "concluded": concluded}))
    unfinished.replace(folder / STATE)
