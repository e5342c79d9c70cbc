"""X: its filtered stream (API v2)."""
