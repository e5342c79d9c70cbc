"""A server process that ends when the process that started it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from badbuzz.errors import DependencyDown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_BIND_TO_PARENT = Path(__file__).with_name("_bind_to_parent.py")
_POLL_S = 0.01
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 3.0
_LOG_LINES_SHOWN = 12


def bind_to_parent(argv: Sequence[str]) -> list[str]:
    """Return a command line that runs ``argv`` (the program by absolute path) and ends when this process ends."""
    return [sys.executable, "-I", "-S", str(_BIND_TO_PARENT), str(os.getpid()), *argv]


def build_badbuzz_command(*arguments: str) -> list[str]:
    """Return a command line that runs ``badbuzz`` in this Python.

    ``-P`` keeps the working folder out of the folders that modules are imported from: a file in it, such as ``yaml.py``, would be
    run.
    """
    return [sys.executable, "-P", "-m", "badbuzz", *arguments]


class ServerProcess:
    """One server, bound to this process (see ``_bind_to_parent``). Its output goes to a file; Ctrl-C does not reach it.

    :param name: its name in messages.
    :param argv: the program by absolute path, and its arguments.
    :param log: the file to which its output is appended.
    :param environment: variables added to this process's.
    """

    def __init__(
        self, name: str, argv: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._name = name
        self._argv = list(argv)
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """The server's own process id.

        :raises DependencyDown: if it is not running.
        """
        if self._process is None or self._process.poll() is not None:
            raise DependencyDown(f"{self._name} is not running")
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the started server has not ended yet.

        :raises DependencyDown: if it failed; the message ends with its log.
        """
        code = self._process.poll() if self._process else 0
        if code:
            raise DependencyDown(f"{self._name} ended with status {code}:\n{self._last_lines()}")
        return code is None

    def start(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Start the server and return once ``ready()`` is true.

        :raises DependencyDown: if it ends or is not ready in ``timeout_s``; the message ends with its log.
        """
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the callers' own programs
                bind_to_parent(self._argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
                env=self._environment,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(ready, timeout_s)
        except BaseException:
            self.kill()
            raise

    def output(self) -> str:
        """Return the server's output since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def stop(self, *, timeout_s: float) -> None:
        """Send SIGTERM; kill the server if it has not ended after ``timeout_s``."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)  # a paused process does not handle SIGTERM
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the server (SIGKILL)."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Freeze the server (SIGSTOP): connections stay open but get no answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Undo :meth:`pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def _wait_until_ready(self, ready: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.is_running():
                raise DependencyDown(f"{self._name} ended with status 0:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise DependencyDown(f"{self._name} was not ready after {timeout_s} s:\n{self._last_lines()}")
            time.sleep(_POLL_S)

    def _last_lines(self) -> str:
        return "\n".join(self.output().splitlines()[-_LOG_LINES_SHOWN:]) or "(it wrote nothing)"


@contextmanager
def run_server(
    name: str, argv: Sequence[str], ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a :class:`ServerProcess` in a temporary folder of its own.

    :raises DependencyDown: if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="badbuzz-server-") as folder:
        server = ServerProcess(name, argv, log=Path(folder) / "server.log", environment=environment)
        server.start(ready, timeout_s=_START_TIMEOUT_S)
        try:
            yield
        finally:
            server.stop(timeout_s=_STOP_TIMEOUT_S)
