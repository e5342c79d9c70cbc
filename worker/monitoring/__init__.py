"""What an operator sees of a worker: metrics, health, readiness, and the watchdog."""
