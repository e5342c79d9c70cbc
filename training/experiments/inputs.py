"""What rows of the study's table are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import Usage
from training.specs import (
    HashedVariant,
    RecurrentVariant,
    SentenceVariant,
    StackedVariant,
    TransformerVariant,
    WideDeepVariant,
)

if TYPE_CHECKING:
    from pathlib import Path

    from training.experiments.study_2021 import AnyVariant, Row


@dataclass(frozen=True, slots=True)
class Materials:
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

    def vectors(self, variant: AnyVariant) -> Path | None:
        """Find what gives a variant its vectors."""
        option = _option(variant)
        path: Path | None = getattr(self, option) if option else None
        return path

    def lack(self, variant: AnyVariant) -> str | None:
        """Name the command line's option that a variant needs and that is not given."""
        option = _option(variant)
        if option and self.vectors(variant) is None:
            return f"--{option}"
        network = _part_with_words(variant)
        distilled = isinstance(network, WideDeepVariant) and network.teacher_weight
        taught = distilled or isinstance(variant, StackedVariant)
        return "--teacher" if taught and not self.teachers else None

    def require(self, row: Row) -> None:
        """Make sure that all is there that a row is made of.

        :raises Usage: if something is not given.
        """
        if lack := self.lack(row.variant):
            raise Usage(f"row {row.name}: needs {lack}")

    def named(self, variant: AnyVariant) -> str:
        """Say what a variant knows of a text's words."""
        if isinstance(variant, HashedVariant):
            return "runs of letters" if variant.letters else f"{variant.buckets - 1:,} hashes"
        path = self.vectors(variant)
        return path.name if path else "own"


def _option(variant: AnyVariant) -> str | None:
    network = _part_with_words(variant)
    if isinstance(network, SentenceVariant):
        return "encoder"
    if isinstance(network, TransformerVariant):
        return "transformer"
    if isinstance(network, RecurrentVariant) and network.vectors != "own":
        return network.vectors
    return None


def _part_with_words(variant: AnyVariant) -> AnyVariant:
    return variant.deep if isinstance(variant, StackedVariant) else variant
