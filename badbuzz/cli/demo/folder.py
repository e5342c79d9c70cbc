"""The folder that a run of the demo has to itself, and what lies in it."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """An absolute path. Everything that a run writes is below it, and nobody else's."""

    path: Path

    @classmethod
    def make(cls, wanted: Path | None) -> Self:
        """Make the folder that was asked for, or the next ``runs/demo-N``; two runs that start at once get two.

        :raises Usage: if the folder that was asked for holds something already.
        :raises Misconfigured: if it cannot be made.
        """
        try:
            path = _numbered() if wanted is None else _empty(wanted)
            folder = cls(path.absolute())
            folder.logs.mkdir()
            shutil.copyfile(SHIPPED / "brands.yaml", folder.brands)
        except OSError as error:
            where = wanted or RUNS
            raise Misconfigured(
                f"{where}: cannot be written ({error.strerror}); choose a folder with --dir"
            ) from None
        return folder

    @property
    def scored(self) -> Path:
        """The scored rows."""
        return self.path / "scored"

    @property
    def registry(self) -> Path:
        """The model registry."""
        return self.path / "registry"

    @property
    def brands(self) -> Path:
        """The brand file: a copy, to play with while the workers run."""
        return self.path / "brands.yaml"

    @property
    def logs(self) -> Path:
        """What the processes wrote to their standard output and error."""
        return self.path / "logs"

    @property
    def environment_file(self) -> Path:
        """The settings, for a shell to read."""
        return self.path / "demo.env"

    @property
    def queries(self) -> Path:
        """What was asked of the Parquet files."""
        return self.path / "report.sql"

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Keep the settings, so that ``. demo.env`` lets every other command talk to this run."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
        self.environment_file.write_text("".join(lines), encoding="utf-8")


def shown(path: Path) -> str:
    """A path as people type it: relative to where they are, if it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _numbered() -> Path:
    RUNS.mkdir(exist_ok=True)
    for number in count(1):
        try:
            path = RUNS / f"demo-{number}"
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise AssertionError  # pragma: no cover - numbers do not end


def _empty(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise Usage(f"--dir {path} is not empty; give the demo a folder of its own")
    return path
