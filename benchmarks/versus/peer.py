"""One run of one of the programs in ``benchmarks/peers``, and the check of what it left."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from typing import TYPE_CHECKING

from benchmarks.ground.child import environment
from benchmarks.ground.machine import ROOT
from benchmarks.peers.environment import interpreter
from benchmarks.peers.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.end_to_end.drain import Topic
    from benchmarks.ground.servers import Servers
    from benchmarks.report.figures import Json

TIMEOUT_S = 1_200
_SHOWN = 2_000


class PeerFailedError(Exception):
    """It ended, or did not, in a way that gives no figure; the message says which."""


def is_prepared(name: str) -> bool:
    """Whether its environment was made before."""
    return (ROOT / ".cache" / "peers" / name / "installed.txt").exists()


def run_peer(name: str, servers: Servers, topic: Topic, model: Path) -> Json:
    """Run it on the topic from its beginning.

    :raises PeerFailedError: if it fails, or if what it leaves is not what it should be.
    """
    out = servers.folder / "peers" / uuid.uuid4().hex
    out.mkdir(parents=True)
    servers.forget_counters()
    given = {
        "--bootstrap": servers.bootstrap,
        "--topic": topic.name,
        "--records": str(topic.tweets),
        "--model": str(model),
        "--out": str(out),
        "--redis": servers.redis_url,
    }
    command = [str(interpreter(name)), "-m", f"benchmarks.peers.{name}"]
    try:
        took = _run([*command, *(word for pair in given.items() for word in pair)])
        left = verify(topic.tweets, model, out, servers.redis_url)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    if not left.as_it_must_be:
        raise PeerFailedError(f"its outputs are wrong: {left}")
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
