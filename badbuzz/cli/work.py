"""``badbuzz work``: score tweets until stopped."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, Any, get_args

import click

from badbuzz.errors import INTERRUPTED, Usage
from badbuzz.settings import EngineName, Settings, load_settings

if TYPE_CHECKING:
    from types import FrameType

    from worker.core.worker import Worker

log = logging.getLogger(__name__)

LAST_PORT = 65_535


@click.command
@click.option("--model", metavar="REF", help="Model to score with: name@alias or name:version.")
@click.option(
    "--engine",
    type=click.Choice(get_args(EngineName)),
    help="Scoring engine; tensorflow uses a GPU if there is one.",
)
@click.option("--brands", metavar="FILE", help="YAML file of brands, read again when it changes.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Number of worker processes to run on this machine.",
)
@click.option(
    "--until-drained",
    is_flag=True,
    help="Stop when the whole topic is scored and published, up to open transactions. A worker that is not alone "
    "in its group first waits for the session timeout, in case another worker has died.",
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

    Workers in one consumer group share the topic's partitions. SIGTERM or Ctrl-C publishes and commits all scored tweets,
    then the worker leaves the group.
    """
    signals = _StopSignals()
    settings = _with_options(
        load_settings(), model=model, engine=engine, brands=brands, health_port=health_port
    )
    _configure_logging()
    if processes > 1:
        return _run_processes(settings, processes)

    from worker.assemble import assemble

    with assemble(settings) as worker:
        signals.connect(worker)
        worker.run(until_drained=until_drained)
        if until_drained:
            for partition, offsets in worker.compute_held_back().items():
                log.warning(
                    "partition %d: offsets from %d on are not scored, they wait for an open transaction",
                    partition,
                    offsets.start,
                )
    return 0


class _StopSignals:
    """Stops the worker on SIGTERM or Ctrl-C. Before there is a worker, it ends the process: there is nothing to drain."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def connect(self, worker: Worker) -> None:
        self._worker = worker

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._worker:
            self._worker.stop()
        else:
            # An exception that unwinds a client while it connects was seen to crash the interpreter.
            os._exit(INTERRUPTED if number == signal.SIGINT else 0)


def _configure_logging() -> None:
    """Silence kafka-python, which reports every request, connection and retry of an outage as an error; the worker warns once."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.ERROR)
    for name in ("net", "cluster", "coordinator", "consumer.fetcher"):
        logging.getLogger(f"kafka.{name}").setLevel(logging.CRITICAL)
    for name in (
        "consumer",
        "heartbeat",
    ):  # their errors are bugs, of our listener too, and are reported nowhere else
        logging.getLogger(f"kafka.coordinator.{name}").setLevel(logging.ERROR)


def _with_options(settings: Settings, *, health_port: int | None, **options: str | None) -> Settings:
    changes: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if health_port is not None:
        changes["health"] = settings.health.model_copy(update={"port": health_port})
    return settings.model_copy(update=changes)


def _run_processes(settings: Settings, processes: int) -> int:
    from worker.processes import ProcessGroup, build_own_command

    first = settings.health.port
    if first and first + processes - 1 > LAST_PORT:
        raise Usage(
            f"--processes {processes}: there are not enough health ports from {first} on; choose a lower --health-port"
        )
    ports = [first + number if first else 0 for number in range(processes)]
    return ProcessGroup(
        [build_own_command("--processes", "1", "--health-port", str(port)) for port in ports]
    ).run()
