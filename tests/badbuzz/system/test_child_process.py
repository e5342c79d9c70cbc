from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.errors import DependencyDown
from badbuzz.system.child_process import ServerProcess, run_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEADLINE_S = 600.0

# Listens on a port and answers "pong" to any request; with a second argument it ignores SIGTERM.
_SERVER = """
import signal, socket, sys
if sys.argv[2:]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    client, _ = server.accept()
    with client:
        if client.recv(10):
            client.sendall(b"pong")
"""


@pytest.fixture
def port() -> Iterator[LoopbackPort]:
    with LoopbackPort() as port:
        yield port


@pytest.fixture
def server(port: LoopbackPort, tmp_path: Path) -> Iterator[ServerProcess]:
    server = _server(port, tmp_path)
    yield server
    server.kill()


def _server(port: LoopbackPort, folder: Path, *more: str) -> ServerProcess:
    argv = [sys.executable, "-c", _SERVER, str(port.number), *more]
    return ServerProcess("test server", argv, log=folder / "server.log")


def _start(server: ServerProcess, port: LoopbackPort) -> None:
    server.start(port.is_listening, timeout_s=_DEADLINE_S)


def _pongs(port: LoopbackPort, timeout_s: float = _DEADLINE_S) -> bool:
    with socket.create_connection((HOST, port.number), timeout=timeout_s) as client:
        client.sendall(b"ping")
        try:
            return client.recv(10) == b"pong"
        except TimeoutError:
            return False


def test_a_started_server_answers_and_a_stopped_one_does_not(
    server: ServerProcess, port: LoopbackPort
) -> None:
    _start(server, port)
    assert _pongs(port)
    server.stop(timeout_s=_DEADLINE_S)
    assert not port.is_listening()
    with pytest.raises(DependencyDown, match="test server is not running"):
        _ = server.pid


def test_a_killed_server_comes_back_at_its_port(server: ServerProcess, port: LoopbackPort) -> None:
    _start(server, port)
    first = server.pid
    server.kill()
    _start(server, port)
    assert _pongs(port)
    assert server.pid != first


def test_a_paused_server_accepts_but_does_not_answer(server: ServerProcess, port: LoopbackPort) -> None:
    _start(server, port)
    server.pause()
    assert not _pongs(port, timeout_s=0.2)
    server.resume()
    assert _pongs(port)


def test_a_paused_server_can_be_stopped(server: ServerProcess, port: LoopbackPort) -> None:
    _start(server, port)
    server.pause()
    server.stop(timeout_s=_DEADLINE_S)
    assert not port.is_listening()


def test_a_server_that_ignores_sigterm_is_killed(port: LoopbackPort, tmp_path: Path) -> None:
    stubborn = _server(port, tmp_path, "stubborn")
    _start(stubborn, port)
    stubborn.stop(timeout_s=0.1)
    assert not port.is_listening()


def test_a_server_that_ends_at_once_is_reported_with_its_output(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no such setting: colour')"
    server = ServerProcess("test server", [sys.executable, "-c", code], log=tmp_path / "log")
    with pytest.raises(DependencyDown, match=r"test server ended with status 1:\n.*no such setting: colour"):
        server.start(lambda: False, timeout_s=_DEADLINE_S)


def test_a_missing_program_is_reported(tmp_path: Path) -> None:
    server = ServerProcess("test server", [str(tmp_path / "absent")], log=tmp_path / "log")
    with pytest.raises(DependencyDown, match="No such file or directory"):
        server.start(lambda: False, timeout_s=_DEADLINE_S)


def test_a_server_that_never_gets_ready_is_ended(server: ServerProcess, port: LoopbackPort) -> None:
    with pytest.raises(DependencyDown, match=r"test server was not ready after 0\.0 s"):
        server.start(lambda: False, timeout_s=0.0)
    assert not port.is_listening()


def test_output_is_that_of_the_last_start(server: ServerProcess, port: LoopbackPort) -> None:
    for _ in range(2):
        _start(server, port)
        assert server.output() == "listening\n"
        server.kill()


def test_a_server_has_a_process_group_of_its_own(server: ServerProcess, port: LoopbackPort) -> None:
    _start(server, port)
    assert os.getpgid(server.pid) != os.getpgid(0)


def test_a_server_runs_until_the_end_of_the_context(port: LoopbackPort) -> None:
    argv = [sys.executable, "-c", _SERVER, str(port.number)]
    with run_server("test server", argv, port.is_listening):
        assert _pongs(port)
    assert not port.is_listening()
