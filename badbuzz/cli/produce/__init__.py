"""``badbuzz produce``: send tweets to Kafka, from a file or a live stream."""

from __future__ import annotations

import click

from badbuzz.cli.produce.live import live
from badbuzz.cli.produce.replay import replay

__all__ = ["command"]


@click.group
def command() -> None:
    """Send tweets to Kafka: replay a file, or forward a live stream."""


command.add_command(replay)
command.add_command(live)
