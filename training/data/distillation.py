"""Distillation: a network is fitted to the labels and to the scores of slower models, its teachers.

A teacher's file holds its scores of all training tweets, in order. Cross entropy is linear in the label, so fitting to a
mixture of label and score equals fitting to a mixture of both losses. A teacher that was fitted on these tweets would only
repeat their labels. So :mod:`training.experiments.teacher_scores` uses models that were not.
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
    from training.data.encoded import EncodedTweets

_LABELS: Final = "train/labels"
_SCORES: Final = "train/scores"
_CLOSEST: Final = 1e-6
"""The smallest distance of a score from 0 and 1, whose logits are infinite."""


def write_teacher_scores(path: Path, tweets: CleanedTweets, scores: NDArray[np.float32]) -> None:
    """Write a teacher's file: its scores of the training tweets."""
    save_file({_LABELS: tweets.labels, _SCORES: scores}, path)


def mix_teacher_scores(tweets: EncodedTweets, teachers: Sequence[Path], weight: float) -> EncodedTweets:
    """Return the tweets with new labels, mixed from the old ones and, with the share ``weight``, the teachers' mean score.

    The mean is taken of the teachers' logits.

    :raises Usage: if no teacher is given.
    :raises DataRefused: if a file is not a teacher's, or scores other tweets.
    """
    teachers_mean = 1 / (1 + np.exp(-average_teacher_logits(teachers, tweets.labels)))
    mixed = (1 - weight) * tweets.labels + weight * teachers_mean
    return dataclasses.replace(tweets, labels=mixed.astype(np.float32))


def average_teacher_logits(
    teachers: Sequence[Path], labels: NDArray[np.int8] | NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the mean of the teachers' logits of each training tweet; ``labels`` identify the tweets.

    :raises Usage: if no teacher is given.
    :raises DataRefused: if a file is not a teacher's, or scores other tweets.
    """
    if not teachers:
        raise Usage("no teacher to learn from; give the file of one (--teacher)")
    logits: NDArray[np.float64] = np.mean([to_logits(_read(path, labels)) for path in teachers], axis=0)
    return logits


def digest_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a teacher's file.

    :raises DataRefused: if it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataRefused(f"teacher {path}: cannot be read: {error}") from None


def to_logits(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the logits of scores: the inverse of the sigmoid."""
    clipped = np.clip(scores.astype(np.float64), _CLOSEST, 1 - _CLOSEST)
    logits: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return logits


def _read(path: Path, labels: NDArray[np.int8] | NDArray[np.float32]) -> NDArray[np.float32]:
    try:
        tensors = load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise DataRefused(f"teacher {path}: cannot be read: {error}") from None
    if not tensors.keys() >= {_LABELS, _SCORES}:
        raise DataRefused(
            f"teacher {path}: does not contain {_LABELS} and {_SCORES}; it is not a teacher's file"
        )
    if not np.array_equal(tensors[_LABELS], labels):
        raise DataRefused(
            f"teacher {path}: scores {len(tensors[_LABELS]):,} tweets that are not the {len(labels):,} training tweets; "
            "make it from the same data, with the same rows and seed"
        )
    return tensors[_SCORES]
