"""The workers of an exercise: starts, kills, stops and replaces them, and collects violations."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from prometheus_client.parser import text_string_to_metric_families

from badbuzz.embedded.loopback_port import LoopbackPort
from tests.endurance.environment import STALL_TIMEOUT_S, StuckError

if TYPE_CHECKING:
    from tests.endurance.environment import Environment
    from tests.worker.system import WorkerProcess

POLL_S = 0.05
OUTPUT_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class EnduranceWorker:
    """One worker process, and when it was started (monotonic)."""

    process: WorkerProcess
    started: float

    @property
    def name(self) -> str:
        return self.process.log.stem

    @property
    def pid(self) -> int:
        return self.process.process.pid

    def metrics(self) -> dict[str, float]:
        """Return each metric by its name, summed over its labels."""
        status, text = self.process.ask("/metrics")
        if status != HTTPStatus.OK:
            raise StuckError(
                f"{self.name} does not return its metrics: {self.process.output[-OUTPUT_SHOWN:]}"
            )
        return _sums(text)

    @property
    def is_alive(self) -> bool:
        return self.process.ask("/healthz")[0] == HTTPStatus.OK

    @property
    def is_ready(self) -> bool:
        return self.process.ask("/readyz")[0] == HTTPStatus.OK

    @property
    def is_at_work(self) -> bool:
        """Whether it is ready and has partitions."""
        return self.is_ready and "badbuzz_lag_records" in self.metrics()


@dataclass(frozen=True, slots=True)
class StopResult:
    """How a worker ended after SIGTERM. ``scored``: the tweets it had scored, by its last metrics."""

    seconds: float
    exit_code: int
    scored: int


class EnduranceWorkers:
    """All running workers."""

    def __init__(self, environment: Environment) -> None:
        self.members: list[EnduranceWorker] = []
        self.violations: list[str] = []
        self._environment = environment
        self._ports = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ports.close()

    def living(self) -> list[tuple[int, float]]:
        """Return the process id and start time of each."""
        return [(member.pid, member.started) for member in list(self.members)]

    def add(self) -> EnduranceWorker:
        port = self._ports.enter_context(LoopbackPort())
        member = EnduranceWorker(self._environment.system.start(health_port=port.number), time.monotonic())
        self.members.append(member)
        return member

    def kill(self, member: EnduranceWorker) -> None:
        """Send SIGKILL."""
        self._remove(member)
        member.process.kill()

    def stop(self, member: EnduranceWorker) -> StopResult:
        """Send SIGTERM. Metrics are read until the worker does not answer; the last ones are from after its last batch."""
        self._remove(member)
        process, started = member.process.process, time.monotonic()
        process.send_signal(signal.SIGTERM)
        last: dict[str, float] = {}
        while process.poll() is None:
            last = _sums(member.process.ask("/metrics")[1]) or last
            if time.monotonic() - started > STALL_TIMEOUT_S:
                raise StuckError(f"{member.name}: still there {STALL_TIMEOUT_S} s after SIGTERM")
            time.sleep(POLL_S)
        scored = int(last.get("badbuzz_tweets_scored_total", 0))
        result = StopResult(time.monotonic() - started, process.returncode, scored)
        if result.exit_code:
            self._add_violation(member, f"SIGTERM, exit code {result.exit_code}")
        return result

    def await_partitions(self, member: EnduranceWorker) -> None:
        deadline = time.monotonic() + STALL_TIMEOUT_S
        while not member.is_at_work:
            if time.monotonic() > deadline:
                raise StuckError(
                    f"{member.name}: not ready with partitions of its own after {STALL_TIMEOUT_S} s"
                )
            time.sleep(POLL_S)

    def look_for_tracebacks(self) -> None:
        """Add a violation for each log with a traceback."""
        for worker in self._environment.system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.stem}: {worker.output[-OUTPUT_SHOWN:]}")

    def _remove(self, member: EnduranceWorker) -> None:
        self.members.remove(member)
        code = member.process.process.poll()
        if code is not None:
            self._add_violation(member, f"ended by itself, exit code {code}")

    def _add_violation(self, member: EnduranceWorker, what: str) -> None:
        self.violations.append(f"{member.name}: {what}: {member.process.output[-OUTPUT_SHOWN:]}")


def _sums(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
