"""Process groups: their processes start and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from worker.processes import build_own_command

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 600

GROUP_SCRIPT = """
import sys
from worker import processes
processes.STOP_S = float(sys.argv[1])
sys.exit(processes.ProcessGroup([[sys.executable, "-c", script] for script in sys.argv[2:]]).run())
"""

DRAINING = """
import os, signal, sys
from pathlib import Path
def drain(*_):
    Path(f"drained-{os.getpid()}").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, drain)
Path(f"started-{os.getpid()}").touch()
while True:
    signal.pause()
"""
"""Ends on SIGTERM and writes a file."""
IGNORING = DRAINING.replace("signal.SIGTERM, drain", "signal.SIGTERM, signal.SIG_IGN")
WITHOUT_HANDLER = DRAINING.replace("signal.signal(signal.SIGTERM, drain)", "")
"""Has no signal handler, like a worker that still imports its modules."""


def failing_with(code: int, others: int = 1) -> str:
    """A process that fails when ``others`` have started."""
    return f"""
import sys, time
from pathlib import Path
while len(list(Path().glob("started-*"))) < {others}:
    time.sleep(0.02)
sys.exit({code})
"""


class GroupProcess:
    """A process group in its own process. Its members write files to ``folder``."""

    def __init__(self, folder: Path, *scripts: str, stop_s: float = 30) -> None:
        self.folder = folder
        self.process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-c", GROUP_SCRIPT, str(stop_s), *scripts],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def members(self, sign: str) -> set[int]:
        return {int(path.name.partition("-")[2]) for path in self.folder.glob(f"{sign}-*")}

    def wait(self) -> int:
        return self.process.wait(TIMEOUT_S)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_group_ends_when_all_its_processes_have_ended(tmp_path: Path) -> None:
    assert GroupProcess(tmp_path, "pass", "pass").wait() == 0


def test_if_one_process_fails_all_are_stopped_and_its_exit_code_is_returned(tmp_path: Path) -> None:
    group = GroupProcess(tmp_path, DRAINING, failing_with(78, others=2), DRAINING)
    assert group.wait() == 78
    assert group.members("drained") == group.members("started")
    assert not any(map(is_running, group.members("started")))


def test_a_process_stopped_before_it_can_drain_does_not_hide_a_failure(tmp_path: Path) -> None:
    assert GroupProcess(tmp_path, WITHOUT_HANDLER, failing_with(69)).wait() == 69


def test_a_killed_process_makes_the_group_fail_with_the_exit_code_of_a_shell(tmp_path: Path) -> None:
    group = GroupProcess(tmp_path, DRAINING, DRAINING)
    until(lambda: len(group.members("started")) == 2)
    os.kill(min(group.members("started")), signal.SIGKILL)
    assert group.wait() == 128 + signal.SIGKILL
    assert len(group.members("drained")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_on_a_stop_signal_all_processes_drain(tmp_path: Path, number: signal.Signals) -> None:
    group = GroupProcess(tmp_path, DRAINING, DRAINING, DRAINING)
    until(lambda: len(group.members("started")) == 3)
    group.process.send_signal(number)
    assert group.wait() == 0
    assert group.members("drained") == group.members("started")


def test_a_stop_before_any_process_can_drain_is_not_a_failure(tmp_path: Path) -> None:
    group = GroupProcess(tmp_path, WITHOUT_HANDLER)
    until(lambda: group.members("started"))
    group.process.terminate()
    assert group.wait() == 0


def test_a_process_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    group = GroupProcess(tmp_path, DRAINING, IGNORING, stop_s=0.5)
    until(lambda: len(group.members("started")) == 2)
    group.process.terminate()
    assert group.wait() == 69
    assert not any(map(is_running, group.members("started")))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_group_leaves_no_processes(tmp_path: Path) -> None:
    group = GroupProcess(tmp_path, DRAINING, IGNORING)
    until(lambda: len(group.members("started")) == 2)
    group.process.kill()
    group.wait()
    until(lambda: not any(map(is_running, group.members("started"))))


def test_a_process_is_started_with_the_same_command_and_more_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["badbuzz", "work", "--processes", "4"])
    assert build_own_command("--processes", "1") == [
        *(sys.executable, "-P", "-m", "badbuzz", "work", "--processes", "4"),
        *("--processes", "1"),
    ]
