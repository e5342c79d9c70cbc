"""The folder of one run of the demo, and its files."""

from __future__ import annotations

import shlex
import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import badbuzz
from badbuzz.errors import Misconfigured, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED: Final = Path(badbuzz.__file__).parent / "data"
SAMPLE: Final = SHIPPED / "sample.csv"
RUNS: Final = Path("runs")


class DemoFolder:
    """The folder of a run, by its absolute path, and the paths of its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scored = path / "scored"
        self.registry = path / "registry"
        self.brands = path / "brands.yaml"  # a copy that can be edited while the workers run
        self.logs = path / "logs"  # standard output and error of the processes
        self.environment_file = path / "demo.env"  # the path of the settings file, which a shell can source
        self.queries = path / "report.sql"

    @classmethod
    def make(cls, wanted: Path | None) -> Self:
        """Make the given folder, or the next free ``runs/demo-N``, also if two runs start at once.

        :raises Usage: if the given folder is not empty.
        :raises Misconfigured: if it cannot be made.
        """
        try:
            path = _make_numbered() if wanted is None else _make_empty(wanted)
            folder = cls(path.absolute())
            folder.logs.mkdir()
            shutil.copyfile(SHIPPED / "brands.yaml", folder.brands)
        except OSError as error:
            where = wanted or RUNS
            raise Misconfigured(
                f"{where}: cannot be written ({error.strerror}); choose a folder with --dir"
            ) from None
        return folder

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Write the settings, so that other commands use this run after ``. demo.env``."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
        self.environment_file.write_text("".join(lines), encoding="utf-8")


def relative_path(path: Path) -> str:
    """Return the path relative to the working directory if it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _make_numbered() -> Path:
    RUNS.mkdir(exist_ok=True)
    for number in count(1):
        try:
            path = RUNS / f"demo-{number}"
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise AssertionError  # pragma: no cover - numbers do not end


def _make_empty(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise Usage(f"--dir {path} is not empty; choose a new or an empty folder")
    return path
