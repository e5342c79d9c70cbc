"""``python -m benchmarks.report.page``: put the figures of a run into the pages of ``docs``, so that nobody types a number.

A page says where each table belongs: between ``<!-- bench: NAME -->`` and ``<!-- /bench -->``. The results go beside the
pages, so that everybody can see what they were made from.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.harness.machine import ROOT
from benchmarks.report.results import BUILT, PUBLISHED, read
from benchmarks.report.scale import SCALE
from benchmarks.report.tables import TABLES

if TYPE_CHECKING:
    from benchmarks.report.figures import Json

PAGES: Final = (ROOT / "docs" / "performance.md", ROOT / "docs" / "scale.md")
NOT_MEASURED: Final = "*Not measured.*"
_PLACE: Final = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_WRITERS: Final = TABLES | SCALE


def filled(page: str, results: Json) -> str:
    """The page with each of its tables made from these results."""
    return _PLACE.sub(lambda place: f"{place[1]}{written(place[2], results)}\n{place[3]}", page)


def report(results: Json) -> str:
    """All tables of what was measured, ratios first."""
    return "\n\n".join(f"## {name}\n\n{written(name, results)}" for name in TABLES) + "\n"


def written(name: str, results: Json) -> str:
    """One table, or the admission that there is none."""
    writer, parts = _WRITERS[name]
    return writer(results) if all(part in results for part in parts) else NOT_MEASURED


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report.page", description=__doc__)
    parser.add_argument("--results", type=Path, default=BUILT, help="default: %(default)s")
    options = parser.parse_args()
    if options.results != PUBLISHED:
        shutil.copy(options.results, PUBLISHED)
    results = read(PUBLISHED)
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
