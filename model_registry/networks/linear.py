"""A linear network: logistic regression over hashed n-grams."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from model_registry.networks.base import ENCODER_FORMAT, OUTPUT_BIAS, BaseNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.token_ids import RESERVED_IDS


class LinearNetwork(BaseNetwork):
    """An n-gram term and a bias.

    ``vocabulary_size`` counts the words and the two reserved ids; other words are unknown.
    """

    reads: ClassVar[Literal["words"]] = "words"

    cell: Literal["linear"] = "linear"
    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    max_length: int = Field(default=36, gt=0, le=512)
    ngram_term: NgramTerm = Field(alias="wide")

    @property
    def manifest_format(self) -> Literal[2, 3]:
        """See :attr:`BaseNetwork.manifest_format`."""
        return ENCODER_FORMAT if self.ngram_term.scaled_by_root_count else super().manifest_format

    @property
    def input_dimensions(self) -> None:
        """None: words have no vectors."""
        return

    @property
    def summary(self) -> str:
        """See :attr:`BaseNetwork.summary`."""
        return f"linear, {self.vocabulary_size:,} words, {self.max_length} words a tweet, {self.ngram_term.summary}"

    @property
    def architecture(self) -> str:
        """See :attr:`BaseNetwork.architecture`."""
        return (
            f"The sum of {self.ngram_term.architecture}; {self.vocabulary_size:,} words are known, "
            f"the first {self.max_length} of a tweet count"
        )

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """See :meth:`BaseNetwork.tensor_shapes`."""
        return {OUTPUT_BIAS: (1,), **self.ngram_term.tensor_shapes()}
