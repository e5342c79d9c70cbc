"""One run of one of the programs in ``benchmarks/peers``, and the check of its outputs."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING

from benchmarks.harness.machine import ROOT
from benchmarks.harness.subprocesses import environment
from benchmarks.peers.environment import ensure_environment
from benchmarks.peers.job import Job
from benchmarks.peers.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.end_to_end.drain import FilledTopic
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers

TIMEOUT_S = 1_200
_SHOWN = 2_000


class PeerFailedError(Exception):
    """The peer failed, timed out or left wrong outputs, so there is no figure; the message says which."""


def run_peer(name: str, servers: Servers, topic: FilledTopic, model: Path) -> Json:
    """Run the peer on the topic from its beginning.

    :raises PeerFailedError: if it fails or its outputs are wrong.
    """
    out = servers.folder / "peers" / uuid.uuid4().hex
    out.mkdir(parents=True)
    servers.forget_counters()
    job = Job(servers.bootstrap, topic.name, topic.tweets, model, out, servers.redis_url)
    try:
        took = _run(
            [str(ensure_environment(name)), "-m", f"benchmarks.peers.programs.{name}", *job.arguments()]
        )
        found = verify(topic.tweets, model, out, servers.redis_url)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    if not found.is_correct:
        raise PeerFailedError(f"its outputs are wrong: {found}")
    return took


def _run(command: list[str]) -> Json:
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command,
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PeerFailedError(f"not done after {TIMEOUT_S} s") from None
    if done.returncode:
        raise PeerFailedError(f"exit code {done.returncode}: {done.stderr[-_SHOWN:]}")
    found: Json = json.loads(done.stdout.splitlines()[-1])
    return found
