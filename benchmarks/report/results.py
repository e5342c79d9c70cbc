"""The results of a run: one JSON file, written after each part, so that a failing part does not lose the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from benchmarks.harness.machine import ROOT, describe_machine
from benchmarks.report.targets import check_targets

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report.figures import Json

BUILT: Final = ROOT / "build" / "bench.json"
PUBLISHED: Final = ROOT / "docs" / "bench.json"
"""The results from which the pages in ``docs`` are made."""


class Results:
    """The results of one run. With ``add``, the parts of earlier runs are kept."""

    def __init__(self, path: Path, *, command: str, data: Path | None, add: bool) -> None:
        self._path = path
        self._origin = {"command": command, "data": data.name if data else "composed"}
        self.json: Json = read_results(path) if add and path.exists() else {}

    def keep(self, part: str, result: Json) -> None:
        """Add a part with a description of the machine, and write the file."""
        self.json[part] = result | {"machine": describe_machine() | self._origin}
        self.json["targets"] = check_targets(self.json)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.json, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_results(path: Path) -> Json:
    """Read a file of results."""
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found
