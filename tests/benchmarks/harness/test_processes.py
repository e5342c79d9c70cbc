from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.harness.processes import (
    ProcessMemory,
    list_descendants,
    measure_cpu_seconds,
    measure_memory,
    measure_peaks,
    seconds_since_start,
)


def test_a_process_has_memory_time_and_an_age() -> None:
    pid = os.getpid()
    assert pid in list_descendants(pid)
    assert measure_cpu_seconds(pid) > 0
    assert seconds_since_start(pid) > 0
    memory = measure_memory(pid)
    assert 0 < memory.resident <= memory.peak <= memory.peaks
    assert measure_peaks(pid)[pid] > 0


def test_the_larger_of_each_value_is_kept() -> None:
    assert ProcessMemory(1.0, 5.0, 6.0).max_with(ProcessMemory(2.0, 4.0, 9.0)) == ProcessMemory(2.0, 5.0, 9.0)


def test_a_process_that_has_ended_takes_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert measure_cpu_seconds(child.pid) == 0
    assert measure_memory(child.pid) == ProcessMemory()


def test_descendants_include_grandchildren() -> None:
    nested = (
        f"import subprocess, sys; subprocess.run([{sys.executable!r}, '-c', 'print(1, flush=True); input()'])"
    )
    with subprocess.Popen(  # noqa: S603 - fixed
        [sys.executable, "-c", nested], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        found = list_descendants(child.pid)
        assert found[0] == child.pid
        assert len(found) == 2
        assert set(found) < set(list_descendants(os.getpid()))
        child.communicate(b"\n")
