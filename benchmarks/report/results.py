"""Where results are kept: one JSON file, written after each part, so that a part that fails costs no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from benchmarks.harness.machine import ROOT, describe
from benchmarks.report.targets import targets

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report.figures import Json

BUILT: Final = ROOT / "build" / "bench.json"
PUBLISHED: Final = ROOT / "docs" / "bench.json"
"""What the pages in ``docs`` were made from."""


class Results:
    """The results of one run; or of several on one machine, if ``add`` keeps what is there."""

    def __init__(self, path: Path, *, command: str, data: Path | None, add: bool) -> None:
        self._path = path
        self._origin = {"command": command, "data": data.name if data else "composed"}
        self.json: Json = read(path) if add and path.exists() else {}

    def keep(self, part: str, result: Json) -> None:
        """Add a part, with the machine as it was when the part was done, and write the file."""
        self.json[part] = result | {"machine": describe() | self._origin}
        self.json["targets"] = targets(self.json)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.json, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Json:
    """Read results."""
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found
