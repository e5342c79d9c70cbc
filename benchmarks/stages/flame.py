"""``python -m benchmarks.stages.flame FLAME.svg``: where a worker's time goes, function by function, as py-spy sees it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.end_to_end.throughput import full_topic
from benchmarks.ground.servers import badbuzz, open_servers

MISSING = "a flame graph needs py-spy: install it beside Bad Buzz (uv pip install py-spy)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages.flame", description=__doc__)
    parser.add_argument("picture", type=Path, help="where the SVG goes")
    parser.add_argument("--tweets", type=int, default=300_000, help="how many are scored meanwhile")
    parser.add_argument("--data", type=Path, help="a file of tweets")
    options = parser.parse_args()
    program = shutil.which("py-spy")
    if program is None:
        raise SystemExit(MISSING)
    record = [program, "record", "--output", str(options.picture), "--rate", "100", "--threads", "--"]
    with (
        tempfile.TemporaryDirectory(prefix="badbuzz-flame-") as folder,
        open_servers(Path(folder), options.data) as servers,
    ):
        settings = servers.settings(full_topic(servers, options.tweets).name)
        worker = badbuzz("work", "--until-drained", "--health-port", "0")
        subprocess.run([*record, *worker], env=settings, check=True)  # noqa: S603 - py-spy, on our own command
    print(f"written to {options.picture}")


if __name__ == "__main__":
    main()
