from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from badbuzz.embedded.loopback_port import HOST
from badbuzz.system.child_process import bind_to_parent

if TYPE_CHECKING:
    from pathlib import Path

_DEADLINE_S = 600.0

_SERVER = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""

_OWNER = """
import sys, threading
from pathlib import Path
from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.system.child_process import ServerProcess
port = LoopbackPort()
server = ServerProcess("server", [sys.executable, "-c", sys.argv[1], str(port.number)], log=Path(sys.argv[2]))
server.start(port.is_listening, timeout_s=60)
print(port.number, flush=True)
threading.Event().wait()
"""


def _is_refused(number: int) -> bool:
    try:
        socket.create_connection((HOST, number), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_program_replaces_the_process_and_gets_its_arguments() -> None:
    code = "import os, sys; print(os.getpid(), *sys.argv[1:])"
    with subprocess.Popen(  # noqa: S603 - our own program
        bind_to_parent([sys.executable, "-c", code, "a b", "c"]), stdout=subprocess.PIPE, text=True
    ) as process:
        output, _ = process.communicate()
    assert output == f"{process.pid} a b c\n"


def test_a_program_whose_parent_is_already_gone_does_not_start() -> None:
    command = bind_to_parent([sys.executable, "-c", "print('started')"])
    command[command.index(str(os.getpid()))] = "1"
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own program
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_program_receives_sigterm_although_its_parent_blocks_it() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        code = "import threading; print('ready', flush=True); threading.Event().wait()"
        process = subprocess.Popen(  # noqa: S603 - our own program
            bind_to_parent([sys.executable, "-c", code]), stdout=subprocess.PIPE
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        assert process.wait(_DEADLINE_S) == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a child when its parent dies")
def test_a_program_dies_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", _OWNER, _SERVER, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        number = int(owner.stdout.readline())
        socket.create_connection((HOST, number)).close()
        owner.kill()
    deadline = time.monotonic() + _DEADLINE_S
    while not _is_refused(number):
        assert time.monotonic() < deadline, f"still listening after {_DEADLINE_S} s"
        time.sleep(0.01)
