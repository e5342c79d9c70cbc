"""The networks that the study compared, as data: enough to build one, and to name the tensors of its weights.

Each is Embedding → SpatialDropout1D → recurrent layer → Dropout → Dense (ReLU) → Dropout → Dense 1 (sigmoid).
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

PADDING_ID: Final = 0
UNKNOWN_ID: Final = 1
RESERVED_IDS: Final = 2
"""Ids that stand for no word: padding and unknown. The vocabulary's first word has this id."""

GATES: Final = 4
"""An LSTM's input, forget, cell and output gates, side by side in its kernels in this order (Keras's own)."""


class Network(BaseModel):
    """One network's shape and regularisation.

    ``vocabulary_size`` counts rows of the embedding: the words and the two reserved ids. ``dropout`` stands
    before both dense layers, ``spatial_dropout`` drops whole embedding dimensions of a tweet; neither exists when
    scoring. ``l2`` is the penalty on the hidden dense layer's kernel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    embedding_dimensions: int = Field(gt=0, le=2_048)
    cell: Literal["lstm"] = "lstm"
    units: int = Field(default=128, gt=0, le=2_048)
    dense_units: int = Field(default=64, gt=0, le=2_048)
    max_length: int = Field(default=36, gt=0, le=512)
    spatial_dropout: float = Field(default=0.5, ge=0, lt=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    l2: float = Field(default=0.001, ge=0)
    trainable_embedding: bool = True

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of the weights."""
        gates = GATES * self.units
        return {
            "embedding": (self.vocabulary_size, self.embedding_dimensions),
            "recurrent/kernel": (self.embedding_dimensions, gates),
            "recurrent/recurrent_kernel": (self.units, gates),
            "recurrent/bias": (gates,),
            "dense/kernel": (self.units, self.dense_units),
            "dense/bias": (self.dense_units,),
            "output/kernel": (self.dense_units, 1),
            "output/bias": (1,),
        }
