"""Several processes as one: together they start, together they end."""

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
TIMEOUT_S = 90

FLEET = """
import sys
from worker import processes
processes.STOP_S = float(sys.argv[1])
sys.exit(processes.ProcessGroup([[sys.executable, "-c", script] for script in sys.argv[2:]]).run())
"""

PATIENT = """
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
"""Ends when it is told to, and leaves a sign of it."""
DEAF = PATIENT.replace("signal.SIGTERM, drain", "signal.SIGTERM, signal.SIG_IGN")
UNPREPARED = PATIENT.replace("signal.signal(signal.SIGTERM, drain)", "")
"""As a worker is while it still imports."""


def failing_with(code: int, others: int = 1) -> str:
    """Fails as soon as so many others have started."""
    return f"""
import sys, time
from pathlib import Path
while len(list(Path().glob("started-*"))) < {others}:
    time.sleep(0.02)
sys.exit({code})
"""


class Fleet:
    """A fleet in a process of its own, in a folder where its members leave their signs."""

    def __init__(self, folder: Path, *scripts: str, stop_s: float = 30) -> None:
        self.folder = folder
        self.process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-c", FLEET, str(stop_s), *scripts],
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


def alive(pid: int) -> bool:
    """Whether it runs: who is dead and not yet buried does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_when_all_have_done_their_work_the_fleet_has(tmp_path: Path) -> None:
    assert Fleet(tmp_path, "pass", "pass").wait() == 0


def test_if_one_fails_all_stop_and_its_exit_code_is_the_fleets(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, PATIENT, failing_with(78, others=2), PATIENT)
    assert fleet.wait() == 78
    assert fleet.members("drained") == fleet.members("started")
    assert not any(map(alive, fleet.members("started")))


def test_who_is_stopped_before_it_could_drain_hides_no_failure(tmp_path: Path) -> None:
    assert Fleet(tmp_path, UNPREPARED, failing_with(69)).wait() == 69


def test_who_is_killed_makes_the_fleet_fail_as_a_shell_would(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, PATIENT, PATIENT)
    until(lambda: len(fleet.members("started")) == 2)
    os.kill(min(fleet.members("started")), signal.SIGKILL)
    assert fleet.wait() == 128 + signal.SIGKILL
    assert len(fleet.members("drained")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_all_drain(tmp_path: Path, number: signal.Signals) -> None:
    fleet = Fleet(tmp_path, PATIENT, PATIENT, PATIENT)
    until(lambda: len(fleet.members("started")) == 3)
    fleet.process.send_signal(number)
    assert fleet.wait() == 0
    assert fleet.members("drained") == fleet.members("started")


def test_told_to_stop_before_anybody_could_drain_is_no_failure(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, UNPREPARED)
    until(lambda: fleet.members("started"))
    fleet.process.terminate()
    assert fleet.wait() == 0


def test_who_does_not_stop_is_killed(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, PATIENT, DEAF, stop_s=0.5)
    until(lambda: len(fleet.members("started")) == 2)
    fleet.process.terminate()
    assert fleet.wait() == 69
    assert not any(map(alive, fleet.members("started")))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_fleet_that_is_killed_leaves_nobody(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, PATIENT, DEAF)
    until(lambda: len(fleet.members("started")) == 2)
    fleet.process.kill()
    fleet.wait()
    until(lambda: not any(map(alive, fleet.members("started"))))


def test_a_member_is_started_with_this_very_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["badbuzz", "work", "--processes", "4"])
    assert build_own_command("--processes", "1") == [
        *(sys.executable, "-m", "badbuzz", "work", "--processes", "4"),
        *("--processes", "1"),
    ]
