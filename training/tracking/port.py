"""The interface of an experiment tracker, and the tracker that logs nothing."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from training.neural.observer import FittingObserver, FittingObservers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from model_registry.package.metrics import Metrics


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The outcome of a run: metrics by labelled set, other facts by name, and files to keep."""

    metrics: Mapping[str, Metrics]
    facts: Mapping[str, str | float | None]
    files: tuple[Path, ...] = ()


class TrackedRun(FittingObserver, Protocol):
    """A run that is logged."""

    def log_outcome(self, outcome: RunOutcome) -> None:
        """Log the outcome. A failure to log is reported, not raised: the run may be hours of work."""


class ExperimentTracker(Protocol):
    """A service that stores runs."""

    def start_run(
        self, folder: Path, name: str, settings: Mapping[str, object]
    ) -> AbstractContextManager[TrackedRun]:
        """Start to log the run in ``folder``, or continue.

        :raises DependencyDown: if the service does not answer.
        :raises Misconfigured: if it refuses the run.
        """


class NoOpTracker:
    """A tracker that stores nothing."""

    def start_run(self, *_: object, **__: object) -> AbstractContextManager[TrackedRun]:
        """Return a no-op run."""
        return nullcontext(NoOpRun())


@dataclass(frozen=True, slots=True)
class NoOpRun(FittingObservers):
    """A run that logs nothing."""

    def log_outcome(self, outcome: RunOutcome) -> None:
        """Log nothing."""
