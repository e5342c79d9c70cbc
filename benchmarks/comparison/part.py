"""The part "versus" of the report: the product and each peer on the same topic, in rounds that take turns."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from benchmarks.comparison.peer import PeerFailedError, run_peer
from benchmarks.comparison.prepare import prepare_peers
from benchmarks.end_to_end.drain import drain
from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.peers import PEERS
from benchmarks.peers.environment import has_environment, prepare_model
from benchmarks.peers.scoring.onnx_file import write_onnx_file
from benchmarks.report.figures import to_figures
from benchmarks.report.targets import WITH_ONNX

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.end_to_end.drain import FilledTopic
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes

OURS: Final = {"badbuzz, 1 process": 1, "badbuzz, 2 processes": 2}


def compare(servers: Servers, sizes: Sizes) -> Json:
    """Measure the product and the peers: tweets per second while working, seconds, processor time and memory.

    A peer that did not run is in ``not_run`` with the reason.
    """
    not_run = {name: "left out of this run" for name in PEERS if name not in sizes.peers}
    not_run |= prepare_peers(sizes.peers) if sizes.prepares else {}
    not_run |= {name: "not prepared: make bench-peers" for name in sizes.peers if not has_environment(name)}
    names = [name for name in PEERS if name not in not_run]
    topic = fill_topic(servers, sizes.peer_tweets)
    ours, onnx = servers.folder / "model", servers.folder / "model-onnx"
    if names:
        prepare_model(ours)
        shutil.copytree(ours, onnx)
        write_onnx_file(onnx)
    runs = {name: (name, ours) for name in names}
    runs |= {f"{name}, {WITH_ONNX}": (name, onnx) for name in sizes.onnx_peers if name in names}
    measured: dict[str, list[dict[str, float]]] = {}
    for _ in range(sizes.peer_rounds):
        for name, processes in OURS.items():
            measured.setdefault(name, []).append(_measure_ours(servers, topic, processes))
        for name, (peer, model) in runs.items():
            if name in not_run:
                continue
            try:
                measured.setdefault(name, []).append(_measure_peer(peer, servers, topic, model))
            except PeerFailedError as failed:
                not_run[name] = str(failed)
    return {
        "tweets": topic.tweets,
        "ran": {name: to_figures(rows) for name, rows in measured.items() if rows},
        "not_run": not_run,
    }


def _measure_ours(servers: Servers, topic: FilledTopic, processes: int) -> dict[str, float]:
    found = drain(servers, topic, processes)
    return {
        "tweets_per_second": found.tweets_per_second,
        "seconds": found.first_s + found.working_s,
        "cpu_seconds": found.cpu_s + found.first_cpu_s,
        "peak_mb": found.memory.peaks,
    }


def _measure_peer(name: str, servers: Servers, topic: FilledTopic, model: Path) -> dict[str, float]:
    found = run_peer(name, servers, topic, model)
    return {
        "tweets_per_second": topic.tweets / found["working_seconds"],
        **{key: found[key] for key in ("seconds", "cpu_seconds", "peak_mb")},
    }
