"""``python -m benchmarks.peers.crash PEER …``: kill a peer without warning, let it go on to the end, and see what it left.

A kill takes every process of the peer at once, as when a machine is lost; servers stay. It comes at the moment when the
counters have passed the next part of the topic. What :mod:`benchmarks.peers.verify` finds after the last run is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness.processes import list_descendants
from benchmarks.peers import PEERS
from benchmarks.peers.environment import ensure_environment, prepare_model
from benchmarks.peers.job import Job
from benchmarks.peers.verify import counters, verify, visible_files

_ROOT = Path(__file__).parents[2]
_LOOK_EVERY_S = 0.05
_LAST_RUN_S = 900.0


def crash(peer: str, job: Job, kills: int) -> dict[str, object]:
    """Kill the peer so many times, evenly over the topic, and let it finish; two figures are of the moment of the last kill."""
    command = [str(ensure_environment(peer)), "-m", f"benchmarks.peers.programs.{peer}", *job.arguments()]
    killed = 0
    for kill in range(1, kills + 1):
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        while process.poll() is None and counters(job.redis)[0]["all"] < job.records * kill / (kills + 1):
            time.sleep(_LOOK_EVERY_S)
        killed += process.poll() is None
        _kill(process)
    at_the_kill = verify(job.records, job.model, job.out, job.redis)
    ended = _ends(subprocess.Popen(command, cwd=_ROOT))  # noqa: S603 - our own
    return {
        "peer": peer,
        "kills": killed,
        "ended": ended,
        "files": sum(1 for _ in visible_files(job.out)),
        "unreadable_at_the_kill": at_the_kill.unreadable_files,
        "counted_ahead_at_the_kill": at_the_kill.counted - at_the_kill.rows,
        **asdict(verify(job.records, job.model, job.out, job.redis)),
    }


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ends by itself: Flink's Kafka source, once restored, has read all and waits."""
    try:
        return process.wait(_LAST_RUN_S) == 0
    except subprocess.TimeoutExpired:
        _kill(process)
        return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    pids = list_descendants(process.pid)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.crash", description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument(
        "--kills", type=int, default=3, help="0: only run and verify it; default: %(default)s"
    )
    options, rest = parser.parse_known_args()
    job = Job.from_arguments(rest)
    if not (job.model / "model.keras").exists():
        prepare_model(job.model)
    print(json.dumps(crash(options.peer, job, options.kills)))


if __name__ == "__main__":
    main()
