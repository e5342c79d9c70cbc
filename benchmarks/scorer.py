"""The scorer alone: each engine on the shipped model and the shipped sample, in one process, one thread."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.csv as pc

from benchmarks.bench import SAMPLE
from model_registry.bundled import bundled_models
from model_registry.directory import read_directory
from model_registry.scorer import Scorer

BATCHES = (512, 2_048, 4_096)
ROUNDS = 5


def scorer() -> dict[str, dict[str, float]]:
    """Tweets per CPU second, by engine and batch size; medians of five rounds that alternate between the engines."""
    folder = bundled_models()[0]
    artifact = read_directory(folder).open(str(folder))
    engines = {name: Scorer.open(artifact, engine=name) for name in ("onnx", "tensorflow")}
    results: dict[str, dict[str, float]] = {}
    for size in BATCHES:
        texts = texts_of_sample(size)
        for engine in engines.values():
            engine.score(texts)
        times: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(ROUNDS):
            for name, engine in engines.items():
                started = time.process_time()
                engine.score(texts)
                times[name].append(size / (time.process_time() - started))
        found = {name: statistics.median(rates) for name, rates in times.items()}
        ratio = found["onnx"] / found["tensorflow"]
        spread = max(times["onnx"]) / min(times["onnx"])
        print(
            f"scorer, batch {size}: onnx / tensorflow = {ratio:.1f}"
            f"   ({found['onnx']:,.0f} and {found['tensorflow']:,.0f} tweets per CPU second; spread {spread:.2f})"
        )
        results[str(size)] = {**found, "ratio": ratio, "spread": spread}
    return results


def scorer_apart() -> object:
    """The same in a process of its own: TensorFlow's memory would count as that of every command started later."""
    command = [sys.executable, "-m", "benchmarks.scorer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own
        *lines, results = process.communicate()[0].splitlines()
    print("\n".join(lines))
    return json.loads(results)


def texts_of_sample(size: int) -> pa.Array:
    table = pc.read_csv(SAMPLE, read_options=pc.ReadOptions(column_names=list("abcdef")))
    texts = table["f"].to_pylist()
    return pa.array((texts * (size // len(texts) + 1))[:size], pa.string())


if __name__ == "__main__":
    print(json.dumps(scorer()))
