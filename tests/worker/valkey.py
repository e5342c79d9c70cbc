"""A Valkey server that tests can kill and start again, empty, at the same address."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import redis

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.embedded.valkey import _find_program
from badbuzz.system.child_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TIMEOUT_S = 600


class Valkey:
    """A server without persistence."""

    def __init__(self, port: LoopbackPort, folder: Path) -> None:
        self.address = port.address
        self.url = f"redis://{port.address}/0"
        address = ("--bind", HOST, "--port", str(port.number), "--dir", str(folder))
        nothing_on_disk = ("--save", "", "--appendonly", "no")
        program = [str(_find_program()), *address, *nothing_on_disk]
        self._server = ServerProcess("Valkey", program, log=folder / "valkey.log")

    def start(self) -> None:
        self._server.start(self._answers, timeout_s=_TIMEOUT_S)

    def kill(self) -> None:
        self._server.kill()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def open_valkey(folder: Path) -> Iterator[Valkey]:
    with LoopbackPort() as port:
        server = Valkey(port, folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
