"""What a model is made of, as data: one :class:`Variant` per row of the study's table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from badbuzz.cleaning import rules_named
from model_registry.network import Network

if TYPE_CHECKING:
    from badbuzz.cleaning import CleaningRules


@dataclass(frozen=True, slots=True)
class Variant:
    """A model's text, shape and fitting.

    ``vocabulary_size`` is the most rows the embedding may have; ``rows`` the number of tweets drawn (None: all).
    ``freeze`` keeps the vectors as they were read. The learning rate falls from ``learning_rate`` to zero along half a
    cosine over all epochs; fitting stops early after ``patience`` evaluations without a better validation AUC.
    ``shipped_size`` rows of the embedding are kept in the end: at 200 dimensions in half precision that is 14 MB.
    """

    name: str
    cleaning: Literal["standard"] = "standard"
    rows: int | None = None
    vocabulary_size: int = 50_000
    freeze: bool = False
    spatial_dropout: float = 0.5
    dropout: float = 0.5
    epochs: int = 5
    batch_size: int = 250
    learning_rate: float = 0.001
    evaluations_per_epoch: int = 2
    patience: int = 3
    shipped_size: int = 35_000
    seed: int = 2009

    @property
    def rules(self) -> CleaningRules:
        """The rules that clean its text."""
        return rules_named(self.cleaning)

    def network(self, vocabulary_size: int, dimensions: int) -> Network:
        """Shape the network for a vocabulary and vectors that were found to be so large."""
        return Network(
            vocabulary_size=vocabulary_size,
            embedding_dimensions=dimensions,
            spatial_dropout=self.spatial_dropout,
            dropout=self.dropout,
            trainable_embedding=not self.freeze,
        )

    def to_json(self) -> str:
        """Spell it out; equal variants are spelt equally."""
        return json.dumps(asdict(self), sort_keys=True)


LSTM_GLOVE: Final = Variant(
    name="tweet_sentiment_glove_lstm", spatial_dropout=0.3, dropout=0.3, epochs=3, batch_size=512
)
"""The deployed model. It sees each of 1.5M tweets three times where the study showed 400,000 five times: there is less
to memorise, so it needs less dropout. Larger batches are faster."""
