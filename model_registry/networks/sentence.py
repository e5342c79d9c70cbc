"""A network over vectors of whole sentences, as data: Dense (ReLU) → Dense 1 (sigmoid).

The encoder that gives the vectors is no part of the model. It is a TensorFlow SavedModel, which is code, and a model that
somebody sent must not bring any. The network names the encoder by its fingerprint, and the operator has it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from model_registry.networks.recurrent import OUTPUT_BIAS, OUTPUT_KERNEL, RESERVED_IDS

_SHOWN: Final = 12


class SentenceNetwork(BaseModel):
    """One network's shape: ``dimensions`` numbers a sentence, and the hidden layer's ``units``.

    ``encoder`` is the fingerprint of what gives the vectors (see :mod:`model_registry.scoring.sentence_encoder`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Literal["sentences"] = "sentences"
    dimensions: int = Field(gt=0, le=8_192)
    units: int = Field(gt=0, le=8_192)
    encoder: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    @property
    def vocabulary_size(self) -> int:
        """The reserved ids: it knows no words, its ``vocabulary.txt`` is empty."""
        return RESERVED_IDS

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return f"dense of {self.units} over sentences of {self.dimensions} numbers by encoder {self.encoder[:_SHOWN]}…"

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of the weights."""
        return {
            "dense/kernel": (self.dimensions, self.units),
            "dense/bias": (self.units,),
            OUTPUT_KERNEL: (self.units, 1),
            OUTPUT_BIAS: (1,),
        }
