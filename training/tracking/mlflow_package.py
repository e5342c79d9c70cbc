"""MLflow's package, configured so that a server that does not answer costs seconds."""

from __future__ import annotations

import os
from typing import Final

from badbuzz.errors import Misconfigured

# MLflow reads these at import or at each request. By default it retries for minutes, which would stop training at each
# evaluation, sends telemetry, and prints the URL of each run.
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

LOGGING_ERRORS: Final = (MlflowException, OSError, ImportError)
"""What logging may raise; ImportError if the library of an artifact store is not installed."""

__all__ = ["LOGGING_ERRORS", "Metric", "MlflowClient", "MlflowException", "Param", "RestException", "RunTag"]
