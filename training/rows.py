"""Rebuilds rows of the study's table: each is fitted, measured on the test once, registered, and never done twice."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from safetensors.numpy import save_file

from badbuzz import __version__
from badbuzz.errors import Usage
from model_registry.evaluation import evaluate
from training.dataset import load_labelled
from training.export import draft, git_revision, shrink
from training.linear import train_linear
from training.recipe import Sources, Trained, train
from training.result import SCORES, Published, RowResult
from training.sentence_recipe import train_on_sentences
from training.variant import LinearVariant, RecurrentVariant, SentenceVariant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from model_registry.registry import Registry
    from training.dataset import Dataset, LabelledTweets
    from training.loop import Watcher
    from training.study import AnyVariant, Row


@dataclass(frozen=True, slots=True)
class Materials:
    """What rows are made of: labelled tweets, files of word vectors, a sentence encoder's folder.

    ``also`` are more labelled files to measure on. A row whose vectors are not given cannot be made.
    """

    data: Path
    word2vec: Path | None = None
    glove: Path | None = None
    encoder: Path | None = None
    also: tuple[Path, ...] = field(default=())

    def lack(self, variant: AnyVariant) -> str | None:
        """Name the option that a variant needs and that is not given."""
        if isinstance(variant, SentenceVariant) and self.encoder is None:
            return "--encoder"
        if (
            isinstance(variant, RecurrentVariant)
            and variant.vectors != "own"
            and self.vectors(variant) is None
        ):
            return f"--{variant.vectors}"
        return None

    def vectors(self, variant: AnyVariant) -> Path | None:
        """Find what gives a variant its vectors."""
        if isinstance(variant, SentenceVariant):
            return self.encoder
        if isinstance(variant, RecurrentVariant):
            return {"own": None, "word2vec": self.word2vec, "glove": self.glove}[variant.vectors]
        return None


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where rows are made: a folder for each in ``folder``, and the registry that takes the models."""

    folder: Path
    registry: Registry
    watcher: Watcher

    def of(self, row: Row) -> Path:
        """The row's own folder."""
        return self.folder / row.name


class _Fitted(Protocol):
    @property
    def dataset(self) -> Dataset: ...

    @property
    def parameters(self) -> int: ...

    @property
    def cpu_seconds(self) -> float: ...

    def score(self, tweets: LabelledTweets) -> NDArray[np.float32]: ...


def finished(row: Row, folder: Path) -> RowResult | None:
    """Read the row's result from its folder; None if there is none yet.

    :raises Usage: if it is of other settings.
    """
    result = RowResult.read(folder)
    if result and result.settings != json.loads(row.variant.to_json()):
        raise Usage(f"{folder}: holds a result of {row.name} with other settings; give another --out")
    return result


def make(row: Row, materials: Materials, workshop: Workshop) -> RowResult:
    """Make a row, going on where an interrupted run stopped; a finished one is only read.

    :raises Usage: if the row needs vectors that are not given, or its folder is of other settings.
    :raises DataRefused: if the data are not labelled tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are not what they should be, or the data too few.
    """
    folder = workshop.of(row)
    if result := finished(row, folder):
        return result
    if lack := materials.lack(row.variant):
        raise Usage(f"row {row.name}: needs {lack}")
    folder.mkdir(parents=True, exist_ok=True)
    sets = {path.stem: load_labelled(path, row.variant.rules) for path in materials.also}
    fitted = _fit(row.variant, materials, workshop, folder)
    measured = {"test": fitted.dataset.test, "validation": fitted.dataset.validation, **sets}
    scores = {name: fitted.score(tweets) for name, tweets in measured.items()}
    result = RowResult(
        name=row.name,
        study=Published(auc=row.auc, accuracy=row.accuracy),
        remark=row.remark,
        settings=json.loads(row.variant.to_json()),
        vectors=_vectors_of(row.variant, materials),
        rows=len(fitted.dataset.train),
        parameters=fitted.parameters,
        cpu_seconds=round(fitted.cpu_seconds, 1),
        metrics={name: evaluate(measured[name].labels, found) for name, found in scores.items()},
        curve=getattr(fitted, "curve", []),
        data_fingerprint=fitted.dataset.fingerprint,
        software=f"badbuzz {__version__}",
        git_revision=git_revision(),
        version=_register(fitted, materials, workshop, sets),
        finished_at=datetime.now(UTC).replace(microsecond=0),
    )
    labels = {f"{name}/labels": tweets.labels for name, tweets in measured.items()}
    save_file({**{f"{name}/scores": found for name, found in scores.items()}, **labels}, folder / SCORES)
    result.write(folder)
    return result


def _fit(variant: AnyVariant, materials: Materials, workshop: Workshop, folder: Path) -> _Fitted:
    sources = Sources(materials.data, materials.vectors(variant))
    if isinstance(variant, LinearVariant):
        return train_linear(variant, materials.data)
    if isinstance(variant, SentenceVariant):
        return train_on_sentences(variant, sources, folder, workshop.folder / "sentences", workshop.watcher)
    return train(variant, sources, folder, resume=True, watcher=workshop.watcher)


def _register(
    fitted: _Fitted, materials: Materials, workshop: Workshop, also: Mapping[str, LabelledTweets]
) -> str | None:
    """Register what a worker can score with: a recurrent network."""
    if not isinstance(fitted, Trained):
        return None
    vectors = _vectors_of(fitted.variant, materials)
    shipped = shrink(fitted, fitted.variant.shipped_size)
    return str(workshop.registry.register(draft(fitted, shipped, vectors=vectors, also=also)))


def _vectors_of(variant: AnyVariant, materials: Materials) -> str:
    if isinstance(variant, LinearVariant):
        return f"{variant.hashes:,} hashes" if variant.features == "hashing" else "TF-IDF of words and pairs"
    path = materials.vectors(variant)
    return path.name if path else "own"
