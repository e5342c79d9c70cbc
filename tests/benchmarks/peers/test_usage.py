from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.peers.usage import PeerUsage

if TYPE_CHECKING:
    import pytest

    from benchmarks.peers.job import Job


def test_a_report_counts_processes_that_have_ended(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    job.note_first_record()
    usage = PeerUsage()
    before = sum(os.times()[:4])
    subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)
    usage.report("plain", job)
    figures = json.loads(capsys.readouterr().out)
    assert figures["peer"] == "plain"
    assert figures["tweets"] == 7
    assert figures["cpu_seconds"] > before
    assert figures["peak_mb"] > 10
    assert 0 <= figures["working_seconds"] <= figures["seconds"]
