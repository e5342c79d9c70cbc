"""A Valkey server that tests can kill and start again, empty, at the same address."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.embedded.valkey import _find_program
from badbuzz.system.child_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TIMEOUT_S = 600


def _find_faketime() -> Mapping[str, str]:
    """Return the environment in which a server's clock can be shifted; empty if libfaketime is not installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return (
        {"LD_PRELOAD": str(found[0]), "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        if found
        else {}
    )


FAKETIME = _find_faketime()


class Valkey:
    """A server without persistence."""

    def __init__(self, port: LoopbackPort, folder: Path) -> None:
        self._clock = folder / "clock"
        self.shift_clock(0)
        self.address = port.address
        self.url = f"redis://{port.address}/0"
        address = ("--bind", HOST, "--port", str(port.number), "--dir", str(folder))
        nothing_on_disk = ("--save", "", "--appendonly", "no")
        program = [str(_find_program()), *address, *nothing_on_disk]
        environment = {**FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self._clock)}
        self._server = ServerProcess("Valkey", program, log=folder / "valkey.log", environment=environment)

    def start(self) -> None:
        self._server.start(self._answers, timeout_s=_TIMEOUT_S)

    def kill(self) -> None:
        self._server.kill()

    def shift_clock(self, seconds: int) -> None:
        """Set the server's clock ahead by ``seconds``, within a second. Has no effect without libfaketime."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.rename(self._clock)

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
