"""Specs of linear models over n-grams."""

from __future__ import annotations

from dataclasses import dataclass

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from training.specs.base import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class NgramSpec(ModelSpec):
    """Logistic regression over runs of 1 to ``longest`` words (n-grams), hashed as a worker hashes them.

    The most frequent n-gram of a hash bucket is kept if it occurs ``least_tweets`` times. With ``shared``,
    all n-grams of a bucket count and cannot be told apart, as in the study's feature hashing. With ``letters``, a word's
    weight is the sum of the weights of its runs of 2 to ``letters`` letters, its ends included. ``inverse_penalty`` is
    scikit-learn's C.
    """

    kind = "ngram"

    buckets: int = 11 << 17
    longest: int = 3
    least_tweets: int = 2
    shared: bool = False
    letters: int | None = None
    vocabulary_size: int = 50_000
    inverse_penalty: float = 3.0

    def features(self, file: str | None) -> str:  # noqa: ARG002 - no file
        """Name the columns."""
        return "runs of letters" if self.letters else f"{self.buckets - 1:,} hashes"

    def describe_vectors(self, file: str | None) -> str:  # noqa: ARG002 - no file
        """Say that there are no vectors."""
        return "none: n-grams are hashed"

    def describe_fitting(self) -> str:
        """Name the solver and the penalty."""
        return f"Logistic regression (L-BFGS, C = {self.inverse_penalty})."

    def network(self, vocabulary_size: int) -> LinearNetwork:
        """Return the model for a vocabulary of this size."""
        term = NgramTerm(
            buckets=self.buckets,
            longest_ngram=self.longest,
            one_ngram_per_bucket=not self.shared,
            scaled_by_root_count=True if self.shared else None,
        )
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=term)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualSpec:
    """An n-gram term that is fitted to a network's residual (:mod:`training.ngrams.residual`).

    Its n-grams are those of an :class:`NgramSpec`. The known logit is ``known_share`` of the teachers' mean logit.
    """

    buckets: int = 11 << 17
    longest: int = 3
    least_tweets: int = 2
    known_share: float = 0.9
    passes: int = 5
    batch_size: int = 4_096
    learning_rate: float = 0.2
    seed: int = 2009

    def network(self, vocabulary_size: int) -> LinearNetwork:
        """Return the term, as a model of its own, for a vocabulary of this size."""
        term = NgramTerm(buckets=self.buckets, longest_ngram=self.longest, one_ngram_per_bucket=True)
        return LinearNetwork(vocabulary_size=vocabulary_size, ngram_term=term)
