"""Metrics, health and readiness of a worker, and its watchdog."""
