"""``badbuzz produce``: send tweets to Kafka, from a file or from the network."""

from __future__ import annotations

import click

from badbuzz.cli.produce.live import live
from badbuzz.cli.produce.replay import replay

__all__ = ["command"]


@click.group
def command() -> None:
    """Send tweets to Kafka: a replayed file, or a live stream."""


command.add_command(replay)
command.add_command(live)
