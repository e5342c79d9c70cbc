"""A random sample of labelled tweets, each in the three forms of text that the study compared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from badbuzz.cleaning import ADVANCED, STANDARD, clean
from badbuzz.errors import Misconfigured
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.evaluation import has_both_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TextForm: TypeAlias = Literal["raw", "standard", "advanced"]
FORMS: Final[tuple[TextForm, ...]] = ("raw", "standard", "advanced")


@dataclass(frozen=True, slots=True)
class Sample:
    """``labels`` (int8 [n], 1 for positive), and the same n tweets in each form.

    ``fingerprint`` is the SHA-256 of labels and raw texts.
    """

    labels: NDArray[np.int8]
    texts: Mapping[TextForm, Sequence[str]]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.labels)


def draw_sample(path: Path, size: int, seed: int) -> Sample:
    """Draw ``size`` tweets (all, if there are fewer) from a labelled file, or from a folder's ``test.parquet``.

    A folder's test is used so that the service is measured on tweets that no model was trained on.

    :raises DataRefused: if the file is missing or unreadable, or has an invalid label.
    :raises Misconfigured: if all drawn tweets are of one class.
    """
    labelled = read_labelled(path / "test.parquet" if path.is_dir() else path)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(labelled.labels))[:size])
    labels = labelled.labels[chosen]
    if not has_both_classes(labels):
        raise Misconfigured(
            f"{path}: the {len(labels):,} tweets drawn are of one class; draw more (--rows), or use another --seed"
        )
    raw = labelled.texts.take(chosen)
    texts: dict[TextForm, list[str]] = {
        "raw": [text or "" for text in raw.to_pylist()],
        "standard": clean(raw, STANDARD).to_pylist(),
        "advanced": clean(raw, ADVANCED).to_pylist(),
    }
    fingerprint = hashlib.sha256(labels.tobytes() + "\0".join(texts["raw"]).encode()).hexdigest()
    return Sample(labels, texts, fingerprint)
