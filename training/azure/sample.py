"""The tweets that the service is asked about: a seeded draw, each in the three forms that the study compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from badbuzz.cleaning import ADVANCED, STANDARD, clean
from badbuzz.errors import Misconfigured
from badbuzz.labelled.labelled_file import read_labelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Form: TypeAlias = Literal["raw", "standard", "advanced"]
FORMS: Final[tuple[Form, ...]] = ("raw", "standard", "advanced")


@dataclass(frozen=True, slots=True)
class Sample:
    """``labels`` (int8 [n], 1 for positive) and, by form, the same n tweets; ``fingerprint`` is the SHA-256 of both."""

    labels: NDArray[np.int8]
    texts: Mapping[Form, Sequence[str]]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.labels)


def draw(path: Path, rows: int, seed: int) -> Sample:
    """Draw ``rows`` tweets (all, if there are fewer) from a labelled file, or a folder's ``test.parquet``.

    The test's, so that the service and the models are measured on tweets that no model was trained on.

    :raises DataRefused: if the file is missing or unreadable, or a label is none.
    :raises Misconfigured: if what is drawn is of one class only.
    """
    read = read_labelled(path / "test.parquet" if path.is_dir() else path)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(read.labels))[:rows])
    labels = read.labels[chosen]
    if labels.min() == labels.max():
        raise Misconfigured(
            f"{path}: the {len(labels):,} tweets drawn are of one class; draw more (--rows), or with another --seed"
        )
    raw = read.texts.take(chosen)
    texts: dict[Form, list[str]] = {
        "raw": [text or "" for text in raw.to_pylist()],
        "standard": clean(raw, STANDARD).to_pylist(),
        "advanced": clean(raw, ADVANCED).to_pylist(),
    }
    return Sample(labels, texts, _fingerprint(labels, texts["raw"]))


def _fingerprint(labels: NDArray[np.int8], texts: Sequence[str]) -> str:
    return hashlib.sha256(labels.tobytes() + "\0".join(texts).encode()).hexdigest()
