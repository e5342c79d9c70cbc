from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from training.experiments import machine
from training.experiments.machine import describe_machine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_cores_and_processor_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: AMD EPYC 7B13\n\nflags\t\t: fpu\n")
    monkeypatch.setattr(machine, "_PROCESSORS", tmp_path / "cpuinfo")
    assert describe_machine() == f"{os.cpu_count()} cores, AMD EPYC 7B13"


def test_a_machine_without_cpuinfo_is_named_by_its_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_PROCESSORS", tmp_path / "nothing")
    assert describe_machine().endswith(platform.processor() or platform.machine())
