"""``python -m benchmarks``: measure, print, and leave ``build/bench.json``."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.bench import servers
from benchmarks.end_to_end import end_to_end
from benchmarks.latency import latency
from benchmarks.scorer import scorer_apart


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--tweets", type=int, default=300_000, help="how many the topic is filled with")
    parser.add_argument("--seconds", type=int, default=30, help="how long latency is measured")
    parser.add_argument("--rate", type=int, default=2_000, help="tweets per second while latency is measured")
    parser.add_argument("--only", choices=["scorer", "end-to-end", "latency"], help="one part of it")
    options = parser.parse_args()
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="badbuzz-bench-") as folder, servers(Path(folder)) as bench:
        bench.describe()
        if options.only in {None, "scorer"}:
            results["scorer"] = scorer_apart()
        if options.only in {None, "end-to-end"}:
            results["end_to_end"] = end_to_end(bench, options.tweets)
        if options.only in {None, "latency"}:
            results["latency"] = latency(bench, options.rate, options.seconds)
    report = Path("build/bench.json")
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nwritten to {report}")


if __name__ == "__main__":
    main()
