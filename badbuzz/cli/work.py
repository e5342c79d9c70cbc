"""``badbuzz work``: score tweets until told to stop."""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING, Any

import click

from badbuzz.errors import Usage
from badbuzz.settings import Settings, load_settings

if TYPE_CHECKING:
    from worker.assemble import Running

LAST_PORT = 65_535
IDLE_TURNS = 20
"""Turns without a record and without lag before a topic counts as drained: high watermarks are only known after a fetch."""


@click.command
@click.option("--model", metavar="REF", help="Model to score with: name@alias or name:version.")
@click.option(
    "--engine",
    type=click.Choice(["onnx", "tensorflow"]),
    help="Scoring engine; tensorflow uses a GPU if it has one.",
)
@click.option("--brands", metavar="FILE", help="YAML file of brands; read again when it changes.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Members of the group to run here.",
)
@click.option(
    "--until-drained", is_flag=True, help="Stop when everything in the topic is scored and published."
)
@click.option(
    "--health-port",
    type=click.IntRange(0, LAST_PORT),
    help="Port of /metrics, /healthz, /readyz; 0 for none.",
)
def command(
    model: str | None,
    engine: str | None,
    brands: str | None,
    processes: int,
    until_drained: bool,
    health_port: int | None,
) -> int:
    """Score tweets from Kafka into Parquet and Redis.

    Joins the consumer group, so that several workers share the topic's partitions. SIGTERM or Ctrl-C drains: what was
    scored is published and committed, then the worker leaves the group.
    """
    settings = _with_options(
        load_settings(), model=model, engine=engine, brands=brands, health_port=health_port
    )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.ERROR)  # it warns of every retry; we say what we wait for
    logging.getLogger("kafka.net").setLevel(logging.CRITICAL)  # and of every connection that fails, twice
    if processes > 1:
        return _run_fleet(settings, processes)

    from worker.assemble import assemble

    running = assemble(settings)
    try:
        _run(running, until_drained=until_drained)
    finally:
        running.close()
    return 0


def _with_options(settings: Settings, *, health_port: int | None, **options: str | None) -> Settings:
    changes: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if health_port is not None:
        changes["health"] = settings.health.model_copy(update={"port": health_port})
    return settings.model_copy(update=changes)


def _run_fleet(settings: Settings, processes: int) -> int:
    from worker.processes import Fleet, same_command

    first = settings.health.port
    if first and first + processes - 1 > LAST_PORT:
        raise Usage(
            f"--processes {processes}: no room for health ports from {first} on; choose a lower --health-port"
        )
    ports = [first + number if first else 0 for number in range(processes)]
    return Fleet([same_command("--processes", "1", "--health-port", str(port)) for port in ports]).run()


def _run(running: Running, *, until_drained: bool) -> None:
    worker = running.worker
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    idle = 0
    while not worker.stopping and not (until_drained and idle >= IDLE_TURNS):
        idle = 0 if worker.turn() or worker.lag() != 0 else idle + 1
    worker.drain()
