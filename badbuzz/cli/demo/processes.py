"""The demo's processes: broker, Valkey, two workers, a producer. They end with this process, even if it is killed."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

from badbuzz.embedded.broker import run_broker
from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.embedded.valkey import run_valkey
from badbuzz.errors import DependencyDown
from badbuzz.settings import Settings
from badbuzz.system.child_process import ServerProcess, build_badbuzz_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.cli.demo.folder import DemoFolder

WORKERS: Final = 2

_READY_TIMEOUT_S: Final = 60.0
_DRAIN_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.1
_LOG_LINES_SHOWN: Final = 12


class DemoProcesses:
    """The servers and processes of one run.

    Entering starts the servers and imports the shipped model into the run's registry. It removes the BADBUZZ variables
    from this process's environment, and no process runs in a folder with a .env file: the user's settings do not affect
    the demo.

    :raises Misconfigured: on entering, if a package of the extra ``demo`` is missing.
    :raises DependencyDown: on entering, if a server does not start.
    """

    def __init__(self, folder: DemoFolder) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._workers: list[ServerProcess] = []
        self._ports: list[LoopbackPort] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._ports = [stack.enter_context(LoopbackPort()) for _ in range(WORKERS)]
            self.environment = {
                "BADBUZZ_KAFKA__BOOTSTRAP": stack.enter_context(run_broker()),
                "BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": "6000",  # the embedded broker forms a group after half of it
                "BADBUZZ_REDIS__URL": stack.enter_context(run_valkey()),
                "BADBUZZ_REDIS__BUCKET_SECONDS": "1",  # so that the displayed rates change every second
                "BADBUZZ_SCORED__URL": str(self._folder.scored),
                "BADBUZZ_REGISTRY__URL": str(self._folder.registry),
                "BADBUZZ_BRANDS": str(self._folder.brands),
                "BADBUZZ_HEALTH__PORT": "0",
            }
            _replace_environment(self.environment)
            self._folder.write_environment(self.environment)
            self.settings = Settings(_env_file=None)  # not the .env file of the user's folder
            _create_topic_and_registry(self.settings)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def metrics_urls(self) -> list[str]:
        """The URL of each worker's metrics."""
        return [f"http://{port.address}/metrics" for port in self._ports]

    def start_workers(self) -> None:
        """Start the workers at once, so that the group forms once. Return when all are ready.

        :raises DependencyDown: if one ends or is not ready in time. The message ends with their output.
        """
        self._workers = []
        for number, port in enumerate(self._ports, 1):
            arguments = ["work", "--health-port", str(port.number)]
            self._workers.append(self._start(f"worker {number}", arguments, f"worker-{number}.log"))
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while not all(_is_ready(port) for port in self._ports):
            self.check_workers()
            if time.monotonic() > deadline:
                raise DependencyDown(
                    f"the workers were not ready after {_READY_TIMEOUT_S:.0f} s:\n{self._last_output()}"
                )
            time.sleep(_POLL_S)

    def check_workers(self) -> None:
        """Check that all workers are running.

        :raises DependencyDown: if one has ended. The message ends with their output.
        """
        try:
            for worker in self._workers:
                _ = worker.pid
        except DependencyDown as error:
            raise DependencyDown(
                f"{error}; see {self._folder.logs}\n{self._last_output()}".rstrip()
            ) from None

    def stop_workers(self) -> None:
        """Stop the workers all at once. One by one, each would take over the partitions of the one before."""
        for worker in self._workers:
            os.kill(worker.pid, signal.SIGTERM)
        for worker in self._workers:
            worker.stop(timeout_s=_DRAIN_TIMEOUT_S)
        self._workers = []

    def start_producer(self, arguments: Sequence[str]) -> ServerProcess:
        """Start ``badbuzz produce`` with these arguments. When it is stopped, it flushes what it has sent."""
        return self._start("the producer", ["produce", *arguments], "producer.log")

    def _start(self, name: str, arguments: Sequence[str], log: str) -> ServerProcess:
        process = ServerProcess(name, build_badbuzz_command(*arguments), log=self._folder.logs / log)
        self._stack.callback(process.stop, timeout_s=_DRAIN_TIMEOUT_S)
        process.start(lambda: True, timeout_s=_READY_TIMEOUT_S)
        return process

    def _last_output(self) -> str:
        lines = "\n".join(worker.output() for worker in self._workers).splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


def _replace_environment(environment: dict[str, str]) -> None:
    for name in list(os.environ):
        if name.upper().startswith("BADBUZZ_"):
            del os.environ[name]
    os.environ.update(environment)


def _create_topic_and_registry(settings: Settings) -> None:
    """Create the topic and import the model, which the workers need."""
    from model_registry.bundled import ensure_bundled
    from model_registry.store.registry import Registry
    from producer.topic import ensure_topic

    ensure_topic(settings.kafka, create=True)
    ensure_bundled(Registry.open(settings.registry.url))


def _is_ready(port: LoopbackPort) -> bool:
    try:
        with urllib.request.urlopen(f"http://{port.address}/readyz", timeout=1):
            return True
    except OSError:  # refused, not ready yet, or too busy to answer
        return False
