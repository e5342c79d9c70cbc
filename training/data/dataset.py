"""Labelled tweets for training: read, deduplicated, cleaned, and split by a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning import clean
from badbuzz.errors import Misconfigured
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.evaluation import has_both_classes
from training.data.account_names import find_account_names

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from badbuzz.cleaning import CleaningRules
    from badbuzz.labelled.labelled_file import LabelledTweets

HELD_OUT: Final = 0.02
"""The share of the rows set aside for validation, and of a single file another such share for the test."""


@dataclass(frozen=True, slots=True)
class CleanedTweets:
    """Cleaned tweets and their labels: ``texts`` is a string array [n], ``labels`` int8 [n], 1 for positive."""

    texts: pa.StringArray
    labels: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> CleanedTweets:
        """Return the given rows, in the given order."""
        return CleanedTweets(self.texts.take(pa.array(rows)), self.labels[rows])


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tweets of one run: ``train`` for fitting, ``validation`` for early stopping, ``test`` for one measurement.

    ``names`` are the words that are names of accounts. ``fingerprint`` is the SHA-256 (hex) of all cleaned texts and
    labels, part by part.
    """

    train: CleanedTweets
    validation: CleanedTweets
    test: CleanedTweets
    names: frozenset[str]
    fingerprint: str

    def with_training_rows(self, rows: NDArray[np.int64]) -> Dataset:
        """Return this dataset with only the given rows of ``train``."""
        digest = hashlib.sha256(f"{self.fingerprint}\n".encode() + rows.tobytes()).hexdigest()
        return replace(self, train=self.train.take(rows), fingerprint=digest)


def load_dataset(path: Path, rules: CleaningRules, *, rows: int | None, seed: int) -> Dataset:
    """Read ``path``: a folder with ``train.parquet`` and ``test.parquet``, or one file. A part of the file becomes the test.

    ``rows`` limits the tweets used for training and validation together; they are drawn at random. Repeated and empty
    tweets are dropped, but not from the test of a folder.

    :raises DataRefused: if a file is missing or unreadable, or a label is invalid.
    :raises Misconfigured: if there are too few tweets.
    """
    order = np.random.default_rng(seed)
    read = read_labelled(_training_file(path))
    pool = _clean_distinct(read, rules)
    shuffled = order.permutation(len(pool))
    if path.is_dir():
        test = load_labelled(path / "test.parquet", rules)
    else:
        test_rows, shuffled = np.split(shuffled, [_held_out(len(pool))])
        test = pool.take(np.sort(test_rows))
    shuffled = shuffled[:rows]
    validation_rows, train_rows = np.split(shuffled, [_held_out(len(shuffled))])
    train, validation = pool.take(np.sort(train_rows)), pool.take(np.sort(validation_rows))
    for name, part in (("train", train), ("validation", validation), ("test", test)):
        if not has_both_classes(part.labels):
            raise Misconfigured(
                f"{path}: {len(pool):,} labelled tweets are too few to train on: the {len(part):,} tweets set aside for "
                f"{name} are not of two classes; give at least a few hundred tweets of each class"
            )
    names = find_account_names(count_words(pool.texts), read)
    return Dataset(train, validation, test, names, _fingerprint(train, validation, test))


def load_labelled(path: Path, rules: CleaningRules) -> CleanedTweets:
    """Read a file to measure on. Only neutral tweets are dropped.

    :raises DataRefused: if the file is missing or unreadable, or a label is invalid.
    """
    return _clean(read_labelled(path), rules)


def load_training_texts(path: Path, rules: CleaningRules) -> pa.StringArray:
    """Read the cleaned texts that vectors are learnt from: all of a folder's ``train.parquet``, or all of a file.

    :raises DataRefused: if the file is missing or unreadable, or a label is invalid.
    """
    return _clean_distinct(read_labelled(_training_file(path)), rules).texts


def count_words(texts: pa.StringArray) -> dict[str, int]:
    """Return how often each word occurs in the cleaned texts."""
    counts = pc.split_pattern(texts, " ").flatten().value_counts()
    words, numbers = counts.field("values").to_pylist(), counts.field("counts").to_pylist()
    return {word: number for word, number in zip(words, numbers, strict=True) if word}


def _training_file(path: Path) -> Path:
    return path / "train.parquet" if path.is_dir() else path


def _clean_distinct(read: LabelledTweets, rules: CleaningRules) -> CleanedTweets:
    tweets = _clean(read, rules).take(_first_rows(read))
    return tweets.take(np.flatnonzero(pc.not_equal(tweets.texts, "").to_numpy(zero_copy_only=False)))


def _clean(read: LabelledTweets, rules: CleaningRules) -> CleanedTweets:
    return CleanedTweets(clean(read.texts, rules), read.labels)


def _first_rows(read: LabelledTweets) -> NDArray[np.int64]:
    """Return the rows without repeats of a text by its user; a row without a user is never a repeat."""
    table = pa.table({"user": read.users, "text": read.texts, "row": np.arange(len(read.labels))})
    firsts = table.group_by(["user", "text"]).aggregate([("row", "min")])["row_min"].to_numpy()
    kept = read.users.is_null().to_numpy().copy()
    kept[firsts] = True
    return np.flatnonzero(kept)


def _held_out(rows: int) -> int:
    return round(rows * HELD_OUT)


def _fingerprint(*parts: CleanedTweets) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}\n".encode())
        digest.update(part.labels.tobytes())
        digest.update("\n".join(part.texts.to_pylist()).encode())
    return digest.hexdigest()
