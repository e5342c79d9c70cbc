"""``python -m benchmarks.report.page``: put the figures of a run into the pages of ``docs``.

A table is between ``<!-- bench: NAME -->`` and ``<!-- /bench -->``. The results are published beside the pages.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.harness.machine import ROOT
from benchmarks.report.results import BUILT, PUBLISHED, read_results
from benchmarks.report.scale import SCALE
from benchmarks.report.tables import TABLES

if TYPE_CHECKING:
    from benchmarks.report.figures import Json

PAGES: Final = (ROOT / "docs" / "performance.md", ROOT / "docs" / "scale.md")
NOT_MEASURED: Final = "*Not measured.*"
_PLACE: Final = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_WRITERS: Final = TABLES | SCALE


def fill_page(page: str, results: Json) -> str:
    """Return the page with all its tables made from these results."""
    return _PLACE.sub(lambda place: f"{place[1]}{write_table(place[2], results)}\n{place[3]}", page)


def make_report(results: Json) -> str:
    """Return all tables of the results, ratios first."""
    return "\n\n".join(f"## {name}\n\n{write_table(name, results)}" for name in TABLES) + "\n"


def write_table(name: str, results: Json) -> str:
    """Return one table, or :data:`NOT_MEASURED`."""
    writer, parts = _WRITERS[name]
    return writer(results) if all(part in results for part in parts) else NOT_MEASURED


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report.page", description=__doc__)
    parser.add_argument("--results", type=Path, default=BUILT, help="default: %(default)s")
    options = parser.parse_args()
    if options.results.absolute() != PUBLISHED:
        shutil.copy(options.results, PUBLISHED)
    results = read_results(PUBLISHED)
    for page in PAGES:
        page.write_text(fill_page(page.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
