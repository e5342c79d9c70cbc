"""An MLflow server: where runs are told of, if ``MLFLOW_TRACKING_URI`` is set. It must be there when a run begins."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from badbuzz.errors import DependencyDown, GiveUp, Misconfigured
from training.tracking.mlflow_package import UNTOLD, MlflowClient, MlflowException, Param, RestException
from training.tracking.mlflow_run import MLflowRun, read_state, write_state
from training.tracking.port import Unheard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from training.tracking.port import TrackedRun

EXPERIMENT: Final = "badbuzz"


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
        except UNTOLD as error:
            raise _refused(address, error) from None

    def run(
        self, folder: Path, name: str, settings: Mapping[str, object]
    ) -> AbstractContextManager[TrackedRun]:
        """Begin to tell of a run; one that was interrupted goes on, one that was told to its end is not told again.

        :raises DependencyDown: if the server does not answer.
        :raises Misconfigured: if it refuses.
        """
        folder.mkdir(parents=True, exist_ok=True)
        state = read_state(folder)
        if state and state["concluded"]:
            return nullcontext(Unheard())
        try:
            run_id = self._resumed(str(state["run_id"])) if state else None
            run_id = run_id or self._begun(name, settings)
        except UNTOLD as error:
            raise _refused(self._address, error) from None
        write_state(folder, run_id, concluded=False)
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


def _refused(address: str, error: Exception) -> GiveUp:
    """Tell a server that says no from one that says nothing. Passwords stay out of the message."""
    secret = urlsplit(address).netloc.rpartition("@")[0]
    told = str(error).replace(f"{secret}@", "") if secret else str(error)
    advice = f"MLflow: {told}; mend that, or unset MLFLOW_TRACKING_URI to train without it"
    silent = getattr(error, "error_code", None) in {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE"}
    return (
        DependencyDown(advice) if silent and not isinstance(error, RestException) else Misconfigured(advice)
    )
