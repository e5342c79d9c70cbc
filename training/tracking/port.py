"""Where runs are told of, beside the folder that each leaves: an MLflow server, if there is an address of one, or nowhere."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from training.neural.watcher import Watcher, Watchers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from model_registry.package.metrics import Metrics

ADDRESS: Final = "MLFLOW_TRACKING_URI"
"""The environment variable that MLflow itself reads."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: what was measured on each labelled set, what else is to be said of it, and files to keep."""

    metrics: Mapping[str, Metrics]
    facts: Mapping[str, str | float | None]
    files: tuple[Path, ...] = ()


class TrackedRun(Watcher, Protocol):
    """A run that is told of."""

    def conclude(self, outcome: Outcome) -> None:
        """Tell how it ended. What cannot be told is no error: it may have been hours of work."""


class Tracker(Protocol):
    """Somewhere to tell of runs."""

    def run(
        self, folder: Path, name: str, settings: Mapping[str, object]
    ) -> AbstractContextManager[TrackedRun]:
        """Begin to tell of the run in ``folder``, or go on with it.

        :raises DependencyDown: if nobody listens.
        :raises Misconfigured: if who listens refuses.
        """


class Untracked:
    """Tells nobody."""

    def run(
        self,
        folder: Path,  # noqa: ARG002 - a tracker's
        name: str,  # noqa: ARG002
        settings: Mapping[str, object],  # noqa: ARG002
    ) -> AbstractContextManager[TrackedRun]:
        """Begin nothing."""
        return nullcontext(Unheard())


@dataclass(frozen=True, slots=True)
class Unheard(Watchers):
    """A run that nobody is told of."""

    watchers: tuple[Watcher, ...] = field(default=())

    def conclude(self, outcome: Outcome) -> None:
        """Keep it to itself."""


def tracker() -> Tracker:
    """Find who is to be told, by the environment.

    :raises DependencyDown: if nobody listens at the address.
    :raises Misconfigured: if the address or what listens there is wrong, or MLflow's package is not installed.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        return Untracked()
    from training.tracking.mlflow_tracker import MLflowTracker  # noqa: PLC0415 - imports the extra `mlflow`

    return MLflowTracker.connect(address)
