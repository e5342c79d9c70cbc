"""Finished rows of the table, read from the folders that training left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from safetensors import SafetensorError
from safetensors.numpy import load_file

from badbuzz.errors import DataRefused
from training.experiments.result import SCORES, ExperimentResult
from training.experiments.study_2021 import STUDY
from training.report.scored import Scored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEST: Final = "test"
_ORDER: Final = {row.name: place for place, row in enumerate(STUDY)}


@dataclass(frozen=True, slots=True)
class Run:
    """A finished row: what it says of itself, and its scores by the set that was scored."""

    result: ExperimentResult
    sets: Mapping[str, Scored]

    @property
    def test(self) -> Scored:
        """Its scores on the test."""
        return self.sets[TEST]


def read_runs(folder: Path) -> dict[str, Run]:
    """Read all finished rows in ``folder``, by name, in the table's order; an unfinished one is not there.

    :raises DataRefused: if a result or its scores are not what training leaves.
    """
    found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        if result := ExperimentResult.read(place):
            found[result.name] = Run(result, _read_scores(place / SCORES, result))
    return dict(sorted(found.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))


def _read_scores(path: Path, result: ExperimentResult) -> dict[str, Scored]:
    try:
        tensors = load_file(path)
        sets = {name: Scored(tensors[f"{name}/labels"], tensors[f"{name}/scores"]) for name in result.metrics}
    except (OSError, SafetensorError, KeyError) as error:
        raise DataRefused(
            f"{path}: not the scores of {', '.join(result.metrics)}: {error}; measure the row anew"
        ) from None
    if TEST not in sets:
        raise DataRefused(f"{path}: {result.name} was not measured on the test; measure the row anew")
    return sets
