"""``badbuzz produce live``."""

from __future__ import annotations

import click


@click.group
def live() -> None:
    """Send a live stream to Kafka."""
