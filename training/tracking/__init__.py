"""Telling of runs beside the folder that each leaves: an MLflow server, or nobody."""
