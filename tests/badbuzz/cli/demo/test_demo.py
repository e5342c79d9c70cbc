"""The demo with real processes: in a terminal, side by side, stopped and killed. One or two minutes."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.demo,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

MARK = "DEMO_TEST_MARK"
PATIENCE_S = 240.0
"""Limit of a run, long enough for a busy machine."""


class DemoProcess:
    """One ``badbuzz demo``. All its processes have a mark in their environment."""

    def __init__(self, folder: Path, *, seconds: int, terminal: bool = False) -> None:
        self.mark = uuid.uuid4().hex
        self._output: list[bytes] = []
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "badbuzz", "demo", "--seconds", str(seconds)],
            stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                **os.environ,
                MARK: self.mark,
                "BADBUZZ_MODEL": "not the demo's",
                "TERM": "xterm",
                "COLUMNS": "120",
            },
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, args=(ours,))
        self._reader.start()

    @property
    def output(self) -> str:
        return b"".join(self._output).decode(errors="replace")

    def list_processes(self) -> list[int]:
        """Return the running processes of this run, without zombies."""
        needle = f"{MARK}={self.mark}".encode()
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if needle in _environment(entry)]

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._reader.join()
        return code

    def wait_for_output(self, text: str) -> None:
        self._until(lambda: text in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def wait_for_processes_to_end(self) -> None:
        self._until(lambda: self.list_processes() == [])

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def _read(self, descriptor: int) -> None:
        try:
            while chunk := os.read(descriptor, 4096):
                self._output.append(chunk)
        except OSError:  # the other side of the terminal was closed
            pass
        finally:
            os.close(descriptor)


def _environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # ended meanwhile, or not ours
        return b""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., DemoProcess]]:
    runs: list[DemoProcess] = []

    def start(*, seconds: int = 10, terminal: bool = False) -> DemoProcess:
        runs.append(DemoProcess(tmp_path, seconds=seconds, terminal=terminal))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.wait()


def test_two_runs_side_by_side(start: Callable[..., DemoProcess], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BADBUZZ_KAFKA__TOPIC=not the demo's\n")
    unattended, attended = start(), start(terminal=True)

    assert unattended.wait() == 0, unattended.output
    assert unattended.list_processes() == []
    assert "negative: all" in unattended.output

    attended.wait_for_output("press Ctrl-C")
    assert "a bar per second" in attended.output
    os.killpg(attended.process.pid, signal.SIGINT)
    assert attended.wait() == 0, attended.output
    assert attended.list_processes() == []

    for run in (unattended, attended):
        assert "ALERT airparadis" in run.output
        assert "verdict     clean" in run.output
        assert re.search(r"10,000 +10,000 ", run.output)
        assert "What to try next" in run.output
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"demo-1", "demo-2"}
    assert {path.name for path in tmp_path.iterdir()} == {"runs", ".env"}


def test_a_demo_that_is_stopped_early_leaves_no_process(start: Callable[..., DemoProcess]) -> None:
    codes = {signal.SIGTERM: 130, signal.SIGKILL: -signal.SIGKILL}
    runs = {number: start(seconds=600) for number in codes}
    for number, run in runs.items():
        run.wait_for_output("tweets/s")
        assert len(run.list_processes()) >= 5  # itself, broker, Valkey, two workers
        run.process.send_signal(number)
        assert run.wait() == codes[number], run.output
        run.wait_for_processes_to_end()
