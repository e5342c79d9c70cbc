"""Choose the tracker by the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from training.tracking.port import NoOpTracker

if TYPE_CHECKING:
    from training.tracking.port import ExperimentTracker

ADDRESS: Final = "MLFLOW_TRACKING_URI"
"""The environment variable that MLflow itself reads."""


def connect_tracker() -> ExperimentTracker:
    """Connect to the MLflow server at ``MLFLOW_TRACKING_URI``; without it, return a tracker that stores nothing.

    :raises DependencyDown: if no server answers at the address.
    :raises Misconfigured: if the address is wrong, the server refuses, or MLflow's package is not installed.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        return NoOpTracker()
    from training.tracking.mlflow_tracker import MLflowTracker  # noqa: PLC0415 - imports the extra `mlflow`

    return MLflowTracker.connect(address)
