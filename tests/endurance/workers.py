"""The workers of an exercise: started, killed, stopped, replaced; whatever they do that they should not is noted."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from prometheus_client.parser import text_string_to_metric_families

from badbuzz.embedded.loopback_port import LoopbackPort
from tests.endurance.environment import PATIENCE_S, StuckError

if TYPE_CHECKING:
    from tests.endurance.environment import Environment
    from tests.worker.system import WorkerProcess

LOOK_S = 0.05
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
        """Each by its name, summed up over its labels."""
        status, text = self.process.ask("/metrics")
        if status != HTTPStatus.OK:
            raise StuckError(f"{self.name} does not tell its metrics: {self.process.output[-OUTPUT_SHOWN:]}")
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
class Farewell:
    """How a worker answered SIGTERM. ``scored``: tweets in all its life, by its own last word."""

    seconds: float
    exit_code: int
    scored: int


class EnduranceWorkers:
    """All workers that live now."""

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
        """Process id and start of each."""
        return [(member.pid, member.started) for member in list(self.members)]

    def add(self) -> EnduranceWorker:
        port = self._ports.enter_context(LoopbackPort())
        member = EnduranceWorker(self._environment.system.start(health_port=port.number), time.monotonic())
        self.members.append(member)
        return member

    def kill(self, member: EnduranceWorker) -> None:
        """SIGKILL."""
        self._take_out(member)
        member.process.kill()

    def stop(self, member: EnduranceWorker) -> Farewell:
        """SIGTERM. Its metrics are read until it answers no more: the last answer is of after its last batch."""
        self._take_out(member)
        process, said = member.process.process, time.monotonic()
        process.send_signal(signal.SIGTERM)
        last: dict[str, float] = {}
        while process.poll() is None:
            last = _sums(member.process.ask("/metrics")[1]) or last
            if time.monotonic() - said > PATIENCE_S:
                raise StuckError(f"{member.name}: still there {PATIENCE_S} s after SIGTERM")
            time.sleep(LOOK_S)
        scored = int(last.get("badbuzz_tweets_scored_total", 0))
        farewell = Farewell(time.monotonic() - said, process.returncode, scored)
        if farewell.exit_code:
            self._note(member, f"SIGTERM, exit code {farewell.exit_code}")
        return farewell

    def await_partitions(self, member: EnduranceWorker) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not member.is_at_work:
            if time.monotonic() > deadline:
                raise StuckError(f"{member.name}: not ready with partitions of its own after {PATIENCE_S} s")
            time.sleep(LOOK_S)

    def look_for_tracebacks(self) -> None:
        """Whatever became of them: none may have failed in a way that it did not understand."""
        for worker in self._environment.system.workers:
            if "Traceback" in worker.output:
                self.violations.append(f"{worker.log.stem}: {worker.output[-OUTPUT_SHOWN:]}")

    def _take_out(self, member: EnduranceWorker) -> None:
        self.members.remove(member)
        code = member.process.process.poll()
        if code is not None:
            self._note(member, f"ended by itself, exit code {code}")

    def _note(self, member: EnduranceWorker, what: str) -> None:
        self.violations.append(f"{member.name}: {what}: {member.process.output[-OUTPUT_SHOWN:]}")


def _sums(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
