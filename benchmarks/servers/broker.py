"""Chooses and starts a broker: a given one, Apache Kafka in Docker or from its jars, or the embedded one."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from badbuzz.embedded.broker import run_broker
from benchmarks.servers.docker import DockerMissingError, kafka_container
from benchmarks.servers.kafka import ApacheKafka, JarsMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

Kind = Literal["given", "docker", "maven", "embedded"]

ADDRESS_VARIABLE: Final = "BADBUZZ_TEST_KAFKA"
KIND_VARIABLE: Final = "BADBUZZ_TEST_BROKER"


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. ``passed_over`` has the reason for each better kind that is not available."""

    bootstrap: str
    kind: Kind
    passed_over: tuple[str, ...] = ()

    @property
    def is_apache(self) -> bool:
        """Whether it is Apache Kafka. A given broker counts as such."""
        return self.kind != "embedded"


@contextmanager
def open_broker(environment: Mapping[str, str] = os.environ) -> Iterator[Broker]:
    """Run the best available broker, or the one that the environment names.

    ``BADBUZZ_TEST_KAFKA=host:port`` names a running broker; ``BADBUZZ_TEST_BROKER=docker|maven|embedded`` requires a
    kind, so that no other is used silently.

    :raises DockerMissingError, JarsMissingError: if the required kind cannot run here.
    :raises ValueError: if the required kind is unknown.
    """
    if address := environment.get(ADDRESS_VARIABLE):
        yield Broker(address, "given")
        return
    with ExitStack() as stack:
        yield _start_first(_list_kinds(environment), stack)


def _list_kinds(environment: Mapping[str, str]) -> list[Kind]:
    kinds: list[Kind] = [kind for kind in get_args(Kind) if kind != "given"]
    required = environment.get(KIND_VARIABLE)
    if not required:
        return kinds
    if required not in kinds:
        raise ValueError(f"{KIND_VARIABLE}={required!r}: use one of {', '.join(kinds)}")
    return [kind for kind in kinds if kind == required]


def _start_first(kinds: list[Kind], stack: ExitStack) -> Broker:
    passed_over: list[str] = []
    for kind in kinds:
        try:
            return Broker(stack.enter_context(_LAUNCHERS[kind]()), kind, tuple(passed_over))
        except (DockerMissingError, JarsMissingError) as missing:
            if kind == kinds[-1]:
                raise
            passed_over.append(f"{kind}: {missing}")
    raise AssertionError("no kind of broker to choose from")


@contextmanager
def _from_jars() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="badbuzz-kafka-") as folder, ApacheKafka(Path(folder)) as kafka:
        yield kafka.bootstrap


_LAUNCHERS: Final[dict[Kind, Callable[[], AbstractContextManager[str]]]] = {
    "docker": kafka_container,
    "maven": _from_jars,
    "embedded": run_broker,
}
