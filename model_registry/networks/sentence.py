"""A network over sentence vectors: Dense (ReLU) → Dense 1 (sigmoid).

The encoder that makes the vectors is not part of the model: it is a TensorFlow SavedModel, which is code, and a model from an
untrusted source must not contain code. The network names the encoder by its fingerprint; the operator supplies it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL, BaseNetwork
from model_registry.networks.token_ids import RESERVED_IDS

_SHOWN_DIGITS: Final = 12


class SentenceNetwork(BaseNetwork):
    """The shape: ``dimensions`` numbers for each sentence, and the hidden layer's ``units``.

    ``encoder`` is the fingerprint of the encoder (see :mod:`model_registry.scoring.sentence_encoder`).
    """

    reads: ClassVar[Literal["sentences"]] = "sentences"
    has_encoder: ClassVar[bool] = True

    cell: Literal["sentences"] = "sentences"
    dimensions: int = Field(gt=0, le=8_192)
    units: int = Field(gt=0, le=8_192)
    encoder: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @property
    def vocabulary_size(self) -> int:
        """The reserved ids only: the network reads no words, and its ``vocabulary.txt`` is empty."""
        return RESERVED_IDS

    @property
    def input_dimensions(self) -> int:
        """Numbers of a sentence's vector."""
        return self.dimensions

    @property
    def summary(self) -> str:
        """The network in a few words."""
        shown = self.encoder[:_SHOWN_DIGITS]
        return f"dense of {self.units} over sentences of {self.dimensions} numbers by encoder {shown}…"

    @property
    def architecture(self) -> str:
        """The layers, and how much of a tweet is read."""
        return (
            f"A sentence encoder, not part of the model, of {self.dimensions} numbers (fingerprint `{self.encoder}`) → "
            f"Dense {self.units} → 1"
        )

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights, in the order in which Keras lists them."""
        return {
            "dense/kernel": (self.dimensions, self.units),
            "dense/bias": (self.units,),
            OUTPUT_KERNEL: (self.units, 1),
            OUTPUT_BIAS: (1,),
        }
