"""Specs of networks with a pretrained encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.specs.base import NeuralSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceSpec(NeuralSpec):
    """Dense ``units`` → 1 over the sentence vectors of an encoder, which is not fitted."""

    kind = "sentence"
    builds_vocabulary = False

    units: int = 256

    @property
    def vectors_option(self) -> str:
        """The sentence encoder."""
        return "encoder"

    def describe_fitting(self) -> str:
        """Name the layers, dropout and the learning rate."""
        dropout = f"Dropout {self.dropout} between them"
        return f"The dense layers are fitted; the encoder is not. {dropout}, {self._describe_schedule()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerSpec(NeuralSpec):
    """A Transformer encoder (:mod:`training.neural.transformer`): all of it is fine-tuned but the vectors of word pieces.

    ``max_pieces`` includes the begin and end marks; ``encoder_dropout`` is inside the encoder, ``dropout`` after it.
    """

    kind = "transformer"
    builds_vocabulary = False

    cleaning: Literal["standard", "advanced", "expressive"] = "expressive"
    max_pieces: int = 48
    encoder_dropout: float = 0.1

    @property
    def vectors_option(self) -> str:
        """The Transformer encoder."""
        return "transformer"

    def describe_fitting(self) -> str:
        """Name the layers, dropout and the learning rate."""
        dropout = f"Dropout {self.encoder_dropout} inside the encoder,\n{self.dropout} after it"
        return f"All layers but the vectors of word pieces are fitted. {dropout}, {self._describe_schedule()}"
