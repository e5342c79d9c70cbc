"""Distillation: a network learns from what slower ones say of the same tweets, beside the labels.

A teacher's file holds its score of every tweet of the train part, in order. Cross entropy is linear in the label, so that a
mixture of label and score teaches just what a mixture of the two losses would. A teacher that has learnt these very
tweets by heart would only repeat their labels, so :mod:`training.experiments.teachers` makes them of models that have not.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

from badbuzz.errors import DataRefused, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.dataset import CleanedTweets
    from training.data.encoded import Encoded

_LABELS: Final = "train/labels"
_SCORES: Final = "train/scores"
_SUREST: Final = 1e-6
"""Scores are kept so far from 0 and 1: the logit of either is infinite."""


def write_teacher_scores(path: Path, tweets: CleanedTweets, scores: NDArray[np.float32]) -> None:
    """Write a teacher's file: what it says of the tweets of a train part."""
    save_file({_LABELS: tweets.labels, _SCORES: scores}, path)


def mix_teacher_scores(learnt: Encoded, teachers: Sequence[Path], weight: float) -> Encoded:
    """Mix ``weight`` of what the teachers say on average (of their logits) into the labels.

    :raises Usage: if there are none.
    :raises DataRefused: if a file is no teacher's, or of other tweets.
    """
    mixed = (1 - weight) * learnt.labels + weight / (
        1 + np.exp(-mean_teacher_logits(teachers, learnt.labels))
    )
    return dataclasses.replace(learnt, labels=mixed.astype(np.float32))


def mean_teacher_logits(
    teachers: Sequence[Path], labels: NDArray[np.int8] | NDArray[np.float32]
) -> NDArray[np.float64]:
    """Give the mean of the teachers' logits of each tweet of the train part, whose labels tell that it is theirs.

    :raises Usage: if there are none.
    :raises DataRefused: if a file is no teacher's, or of other tweets.
    """
    if not teachers:
        raise Usage("no teacher to learn from; give the file of one (--teacher)")
    logits: NDArray[np.float64] = np.mean([to_logits(_read(path, labels)) for path in teachers], axis=0)
    return logits


def file_digest(path: Path) -> str:
    """Tell one teacher's file from another: SHA-256, hex.

    :raises DataRefused: if it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataRefused(f"teacher {path}: cannot be read: {error}") from None


def to_logits(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Undo the sigmoid."""
    kept = np.clip(scores.astype(np.float64), _SUREST, 1 - _SUREST)
    logits: NDArray[np.float64] = np.log(kept / (1 - kept))
    return logits


def _read(path: Path, labels: NDArray[np.int8] | NDArray[np.float32]) -> NDArray[np.float32]:
    try:
        held = load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise DataRefused(f"teacher {path}: cannot be read: {error}") from None
    if not held.keys() >= {_LABELS, _SCORES}:
        raise DataRefused(f"teacher {path}: lacks {_LABELS} or {_SCORES}; it is no teacher's file")
    if not np.array_equal(held[_LABELS], labels):
        raise DataRefused(
            f"teacher {path}: scores {len(held[_LABELS]):,} tweets that are not the {len(labels):,} to learn from; "
            "it must have had the same data, rows and seed"
        )
    scores: NDArray[np.float32] = held[_SCORES]
    return scores
