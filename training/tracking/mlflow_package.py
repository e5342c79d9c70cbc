"""MLflow's package, set up so that a server that is away costs seconds."""

from __future__ import annotations

import os
from typing import Final

from badbuzz.errors import Misconfigured

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

UNTOLD: Final = (MlflowException, OSError, ImportError)
"""What telling may raise; the last one is a library that an artifact store needs."""

__all__ = ["UNTOLD", "Metric", "MlflowClient", "MlflowException", "Param", "RestException", "RunTag"]
