"""Logistic regression over words and pairs of words: what the study's Designer pipeline fitted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.dataset import Dataset, LabelledTweets
    from training.variant import LinearVariant


@dataclass(frozen=True, slots=True)
class TrainedLinear:
    """A fitted model, the data it saw, and the processor time that fitting took."""

    variant: LinearVariant
    pipeline: Pipeline
    dataset: Dataset
    cpu_seconds: float

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        regression = self.pipeline[-1]
        return int(regression.coef_.size + regression.intercept_.size)

    @property
    def curve(self) -> tuple[()]:
        """Nothing: it is fitted in one go."""
        return ()

    def score(self, tweets: LabelledTweets) -> NDArray[np.float32]:
        """Score tweets: float32 [n], the probability of positive."""
        found: NDArray[np.float32] = self.pipeline.predict_proba(tweets.texts.to_pylist())[:, 1].astype(
            np.float32
        )
        return found


def train_linear(variant: LinearVariant, dataset: Dataset) -> TrainedLinear:
    """Fit ``variant``. It chooses nothing, so the validation goes unused."""
    pipeline = _pipeline(variant)
    before = time.process_time()
    pipeline.fit(dataset.train.texts.to_pylist(), dataset.train.labels)
    return TrainedLinear(variant, pipeline, dataset, time.process_time() - before)


def _pipeline(variant: LinearVariant) -> Pipeline:
    return make_pipeline(_features(variant), LogisticRegression(C=variant.inverse_penalty, max_iter=1_000))


def _features(variant: LinearVariant) -> HashingVectorizer | TfidfVectorizer:
    # Counts as they are: signs would make features of one column cancel out, and there are many to a column.
    hashed = {"n_features": variant.hashes, "alternate_sign": False}
    words = {"token_pattern": r"\S+", "ngram_range": (1, variant.longest)}
    common = {"lowercase": False, "dtype": np.float32}
    if variant.features == "hashing":
        return HashingVectorizer(**hashed, **words, **common)
    if variant.features == "tfidf":
        return TfidfVectorizer(min_df=variant.least_tweets, **words, **common)
    return HashingVectorizer(analyzer="char_wb", ngram_range=(2, variant.longest), **hashed, **common)
