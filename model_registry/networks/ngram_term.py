"""The n-gram term: a linear model of n-grams, alone or as the *wide* part of a wide and deep network."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from model_registry.stored_json import SparseStoredJson

NGRAM_WEIGHTS: Final = "wide/weights"
NGRAM_FINGERPRINTS: Final = "wide/fingerprints"


class NgramTerm(SparseStoredJson):
    """A weight for each n-gram of 1 to ``longest_ngram`` neighbouring words, hashed to one of ``buckets`` hash buckets.

    Hash bucket 0 is reserved: it stands for no n-gram. ``dropout`` is the share of a tweet's n-grams that training ignores.
    With ``one_ngram_per_bucket`` a hash bucket belongs to the one n-gram whose fingerprint it stores; others count nothing.
    With it, or with ``scaled_by_root_count``, the sum is divided by the square root of the number of n-grams that count.
    """

    buckets: int = Field(gt=1, le=1 << 26)
    longest_ngram: int = Field(default=3, ge=1, le=5, alias="longest")
    dropout: float = Field(default=0.0, ge=0, lt=1)
    one_ngram_per_bucket: bool = Field(default=False, alias="chosen")
    scaled_by_root_count: Literal[True] | None = Field(default=None, alias="rooted")

    @property
    def is_scaled(self) -> bool:
        """Whether the sum is divided."""
        return self.one_ngram_per_bucket or self.scaled_by_root_count is not None

    @property
    def summary(self) -> str:
        """The term in a few words, for tables."""
        return (
            f"{'chosen' if self.one_ngram_per_bucket else 'all'} runs of up to {self.longest_ngram} words "
            f"in {self.buckets:,} buckets"
        )

    @property
    def architecture(self) -> str:
        """The term in a few words, for model cards."""
        return (
            f"a weight for each run of up to {self.longest_ngram} words, hashed to {self.buckets:,} buckets"
        )

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights."""
        weights: dict[str, tuple[int, ...]] = {NGRAM_WEIGHTS: (self.buckets, 1)}
        return weights | {NGRAM_FINGERPRINTS: (self.buckets,)} if self.one_ngram_per_bucket else weights
