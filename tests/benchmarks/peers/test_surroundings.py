"""What stands around the peers: their lists of packages, their command line, what they report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers.job import Job
from benchmarks.peers.usage import Usage, tree

HERE = Path(peers.__file__).parent
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;]+)", re.MULTILINE)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("127.0.0.1:9092", "tweets", 7, Path("model"), tmp_path / "run-1", "redis://127.0.0.1:6379/3")


@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_peer_is_a_program_with_a_list_of_pinned_packages(peer: str) -> None:
    assert find_spec(f"benchmarks.peers.{peer}")
    lines = (HERE / f"{peer}.txt").read_text().splitlines()
    assert [
        line for line in lines if not re.match(r"#|-r model\.txt$|[a-z0-9-]+(\[[a-z]+\])?[=><]=", line)
    ] == []


def test_the_scorer_runs_in_the_peers_on_the_versions_that_the_product_locks() -> None:
    locked = (HERE.parents[1] / "requirements" / "runtime.lock").read_text()
    assert set(PIN.findall((HERE / "model.txt").read_text())) <= set(PIN.findall(locked))


def test_a_job_comes_through_a_command_line(job: Job) -> None:
    assert Job.from_arguments(job.arguments()) == job
    assert job.group == "run-1"


def test_only_the_first_record_is_noted(job: Job) -> None:
    job.saw_records()
    first = job.first_seen.stat().st_mtime_ns
    job.saw_records()
    assert job.first_seen.stat().st_mtime_ns == first


def test_the_tree_holds_grandchildren() -> None:
    nested = (
        f"import subprocess, sys; subprocess.run([{sys.executable!r}, '-c', 'print(1, flush=True); input()'])"
    )
    with subprocess.Popen(  # noqa: S603 - fixed
        [sys.executable, "-c", nested], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        assert tree(child.pid)[0] == child.pid
        assert len(tree(child.pid)) == 2
        assert set(tree(child.pid)) < set(tree(os.getpid()))
        child.communicate(b"\n")


def test_a_report_counts_processes_that_have_ended(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    job.saw_records()
    usage = Usage()
    before = sum(os.times()[:4])
    subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)
    usage.report("plain", job)
    figures = json.loads(capsys.readouterr().out)
    assert figures["peer"] == "plain"
    assert figures["tweets"] == 7
    assert figures["cpu_seconds"] > before
    assert figures["peak_mb"] > 10
    assert 0 <= figures["working_seconds"] <= figures["seconds"]
