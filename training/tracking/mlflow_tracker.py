"""An MLflow server as experiment tracker. It must answer when a run begins."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from badbuzz.errors import DependencyDown, GiveUp, Misconfigured
from training.tracking.mlflow_package import (
    LOGGING_ERRORS,
    MlflowClient,
    MlflowException,
    Param,
    RestException,
)
from training.tracking.mlflow_run import MLflowRun, read_state, write_state
from training.tracking.port import NoOpRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from training.tracking.port import TrackedRun

EXPERIMENT: Final = "badbuzz"


class MLflowTracker:
    """Logs runs to the MLflow experiment ``MLFLOW_EXPERIMENT_NAME`` (default ``badbuzz``)."""

    def __init__(self, client: MlflowClient, experiment_id: str, address: str) -> None:
        self._client, self._experiment_id, self._address = client, experiment_id, address

    @classmethod
    def connect(cls, address: str) -> Self:
        """Find the MLflow experiment, or create it.

        :raises DependencyDown: if no server answers.
        :raises Misconfigured: if the server refuses, or the address is invalid.
        """
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        try:
            client = MlflowClient(tracking_uri=address)
            found = client.get_experiment_by_name(name)
            return cls(client, found.experiment_id if found else client.create_experiment(name), address)
        except LOGGING_ERRORS as error:
            raise _to_give_up(address, error) from None

    def start_run(
        self, folder: Path, name: str, settings: Mapping[str, object]
    ) -> AbstractContextManager[TrackedRun]:
        """Start a run, or continue an interrupted one; a concluded run is not logged again.

        :raises DependencyDown: if the server does not answer.
        :raises Misconfigured: if it refuses.
        """
        folder.mkdir(parents=True, exist_ok=True)
        state = read_state(folder)
        if state and state["concluded"]:
            return nullcontext(NoOpRun())
        try:
            run_id = self._resume(str(state["run_id"])) if state else None
            run_id = run_id or self._create(name, settings)
        except LOGGING_ERRORS as error:
            raise _to_give_up(self._address, error) from None
        write_state(folder, run_id, concluded=False)
        return MLflowRun(self._client, run_id, folder)

    def _create(self, name: str, settings: Mapping[str, object]) -> str:
        run_id: str = self._client.create_run(self._experiment_id, run_name=name).info.run_id
        self._client.log_batch(run_id, params=[Param(key, str(value)) for key, value in settings.items()])
        return run_id

    def _resume(self, run_id: str) -> str | None:
        try:
            self._client.update_run(run_id, status="RUNNING")
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # a run of another server
                return None
            raise
        return run_id


def _to_give_up(address: str, error: Exception) -> GiveUp:
    """Convert an error: DependencyDown if the server does not answer, Misconfigured if it refuses.

    The message does not contain the address's password.
    """
    secret = urlsplit(address).netloc.rpartition("@")[0]
    reason = str(error).replace(f"{secret}@", "") if secret else str(error)
    advice = f"MLflow: {reason}; fix that, or unset MLFLOW_TRACKING_URI to train without it"
    silent = getattr(error, "error_code", None) in {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE"}
    return (
        DependencyDown(advice) if silent and not isinstance(error, RestException) else Misconfigured(advice)
    )
