"""``python -m benchmarks.peers.crash PEER …``: kill a peer, let it run to the end, and verify its outputs.

A kill ends all processes of the peer at once, like the loss of a machine; the servers continue. It happens when the counters
have passed the next part of the topic. The result of :mod:`benchmarks.peers.verify` after the last run is printed.
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
from benchmarks.peers.verify import find_visible_files, read_counters, verify

_ROOT = Path(__file__).parents[2]
_CHECK_EVERY_S = 0.05
_LAST_RUN_S = 900.0


def crash(peer: str, job: Job, kills: int) -> dict[str, object]:
    """Kill the peer ``kills`` times, evenly over the topic, and let it finish. Two figures are from the last kill."""
    command = [str(ensure_environment(peer)), "-m", f"benchmarks.peers.programs.{peer}", *job.arguments()]
    killed = 0
    for kill in range(1, kills + 1):
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        while process.poll() is None and read_counters(job.redis)[0]["all"] < job.records * kill / (
            kills + 1
        ):
            time.sleep(_CHECK_EVERY_S)
        killed += process.poll() is None
        _kill(process)
    at_the_kill = verify(job.records, job.model, job.out, job.redis)
    ended = _wait_for_end(subprocess.Popen(command, cwd=_ROOT))  # noqa: S603 - our own
    return {
        "peer": peer,
        "kills": killed,
        "ended": ended,
        "files": sum(1 for _ in find_visible_files(job.out)),
        "unreadable_at_the_kill": at_the_kill.unreadable_files,
        "counted_ahead_at_the_kill": at_the_kill.counted - at_the_kill.rows,
        **asdict(verify(job.records, job.model, job.out, job.redis)),
    }


def _wait_for_end(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the end. Return False for a process that never ends, like Flink's restored Kafka source."""
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
    parser.add_argument("--kills", type=int, default=3, help="0: only run and verify; default: %(default)s")
    options, rest = parser.parse_known_args()
    job = Job.from_arguments(rest)
    if not (job.model / "model.keras").exists():
        prepare_model(job.model)
    print(json.dumps(crash(options.peer, job, options.kills)))


if __name__ == "__main__":
    main()
