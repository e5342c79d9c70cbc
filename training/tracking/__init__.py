"""Log runs to an MLflow server, if one is set."""
