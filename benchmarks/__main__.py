"""``python -m benchmarks``: measure, write ``build/bench.json`` and ``build/bench.md``, and print the ratios."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.comparison.part import compare
from benchmarks.end_to_end.part import measure_end_to_end
from benchmarks.growth.part import measure_growth
from benchmarks.report.page import make_report
from benchmarks.report.results import BUILT, Results
from benchmarks.report.tables import ratios
from benchmarks.scorer.part import measure_scorer
from benchmarks.servers.running import open_servers
from benchmarks.sizes import SIZES
from benchmarks.stages.part import measure_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes

PARTS: Final[dict[str, Callable[[Servers, Sizes], Json]]] = {
    "scorer": measure_scorer,
    "stages": measure_stages,
    "end_to_end": measure_end_to_end,
    "versus": compare,
    "growth": measure_growth,
}
RATIOS: Final = ("scorer", "end_to_end", "versus", "growth")
"""The parts with a target ratio."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    sizes = SIZES[options.size].change(options.set)
    given = sys.argv[1:] if arguments is None else arguments
    command = " ".join(
        ["python -m benchmarks", *(Path(word).name if "/" in word else word for word in given)]
    )
    results = Results(options.out, command=command, data=options.data, add=options.add)
    with (
        tempfile.TemporaryDirectory(prefix="badbuzz-bench-") as folder,
        open_servers(Path(folder), options.data) as servers,
    ):
        for name in options.parts or (RATIOS if options.size == "quick" else PARTS):
            print(f"{name} …", file=sys.stderr, flush=True)
            results.keep(name, PARTS[name](servers, sizes))
    page = options.out.with_suffix(".md")
    page.write_text(make_report(results.json), encoding="utf-8")
    print(f"{ratios(results.json)}\n\nwritten to {options.out} and {page}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--size", choices=SIZES, default="full", help="how much is measured")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a size of benchmarks/sizes.py: tweets=100000, brands=1,10; may be repeated",
    )
    parser.add_argument("--data", type=Path, help="file of tweets: Parquet with a column text, or CSV")
    parser.add_argument("--out", type=Path, default=BUILT, help="default: %(default)s")
    parser.add_argument("--add", action="store_true", help="keep the other parts of the output file")
    return parser


if __name__ == "__main__":
    main()
