"""A linear network: logistic regression over hashed n-grams."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from model_registry.networks.base import OUTPUT_BIAS, BaseNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.token_ids import RESERVED_IDS


class LinearNetwork(BaseNetwork):
    """An n-gram term and a bias.

    ``vocabulary_size`` counts the words and the two reserved ids; other words are unknown.
    """

    reads: ClassVar[Literal["words"]] = "words"
    input_dimensions: ClassVar[None] = None

    cell: Literal["linear"] = "linear"
    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    max_length: int = Field(default=36, gt=0, le=512)
    ngram_term: NgramTerm = Field(alias="wide")

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return f"linear, {self.vocabulary_size:,} words, {self.max_length} words a tweet, {self.ngram_term.summary}"

    @property
    def architecture(self) -> str:
        """The layers, and how much of a tweet is read."""
        return (
            f"The sum of {self.ngram_term.architecture}; {self.vocabulary_size:,} words are known, "
            f"the first {self.max_length} of a tweet count"
        )

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights, in the order in which Keras lists them."""
        return {OUTPUT_BIAS: (1,), **self.ngram_term.tensor_shapes()}
