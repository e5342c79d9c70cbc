"""What rows of the study's table are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import Usage
from training.specs import (
    NgramSpec,
    RecurrentSpec,
    SentenceSpec,
    StackedSpec,
    TransformerSpec,
    WideDeepSpec,
)

if TYPE_CHECKING:
    from pathlib import Path

    from training.experiments.experiment import Experiment
    from training.specs import ModelSpec


@dataclass(frozen=True, slots=True)
class ExperimentInputs:
    """Labelled tweets, files of word vectors, folders of a sentence encoder and a Transformer, files of teachers' scores.

    ``also`` are more labelled files to measure on. A row whose vectors or teachers are not given cannot be made.
    """

    data: Path
    word2vec: Path | None = None
    glove: Path | None = None
    encoder: Path | None = None
    transformer: Path | None = None
    also: tuple[Path, ...] = ()
    teachers: tuple[Path, ...] = ()

    def vectors(self, spec: ModelSpec) -> Path | None:
        """Find what gives a spec its vectors."""
        option = _option(spec)
        path: Path | None = getattr(self, option) if option else None
        return path

    def lack(self, spec: ModelSpec) -> str | None:
        """Name the command line's option that a spec needs and that is not given."""
        option = _option(spec)
        if option and self.vectors(spec) is None:
            return f"--{option}"
        network = _part_with_words(spec)
        distilled = isinstance(network, WideDeepSpec) and network.teacher_weight
        taught = distilled or isinstance(spec, StackedSpec)
        return "--teacher" if taught and not self.teachers else None

    def require(self, row: Experiment) -> None:
        """Make sure that all is there that a row is made of.

        :raises Usage: if something is not given.
        """
        if lack := self.lack(row.spec):
            raise Usage(f"row {row.name}: needs {lack}")

    def named(self, spec: ModelSpec) -> str:
        """Say what a spec knows of a text's words."""
        if isinstance(spec, NgramSpec):
            return "runs of letters" if spec.letters else f"{spec.buckets - 1:,} hashes"
        path = self.vectors(spec)
        return path.name if path else "own"


def _option(spec: ModelSpec) -> str | None:
    network = _part_with_words(spec)
    if isinstance(network, SentenceSpec):
        return "encoder"
    if isinstance(network, TransformerSpec):
        return "transformer"
    if isinstance(network, RecurrentSpec) and network.vectors != "own":
        return network.vectors
    return None


def _part_with_words(spec: ModelSpec) -> ModelSpec:
    return spec.deep if isinstance(spec, StackedSpec) else spec
