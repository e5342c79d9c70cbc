"""The networks that the study compared, as data: enough to build one, and to name the tensors of its weights.

Each is Embedding → SpatialDropout1D → recurrent layer → Dropout → Dense (ReLU) → Dropout → Dense 1 (sigmoid).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

PADDING_ID: Final = 0
UNKNOWN_ID: Final = 1
RESERVED_IDS: Final = 2
"""Ids that stand for no word: padding and unknown. The vocabulary's first word has this id."""

Cell: TypeAlias = Literal["rnn", "lstm", "bilstm"]
"""The recurrent layer: a simple one, an LSTM, or two LSTMs that read in both directions."""

LSTM_GATES: Final = 4
"""An LSTM's input, forget, cell and output gates, side by side in its kernels in this order (Keras's own)."""

FORWARD: Final = "recurrent"
BACKWARD: Final = "backward"
"""Prefixes of the tensors of the layer that reads from the first word on, and of the one that reads from the last."""


class Network(BaseModel):
    """One network's shape and regularisation.

    ``vocabulary_size`` counts rows of the embedding: the words and the two reserved ids. ``dropout`` stands
    before both dense layers, ``spatial_dropout`` drops whole embedding dimensions of a tweet, ``cell_dropout`` inputs
    of the recurrent layer; none of them exists when scoring. ``l2`` is the penalty on the hidden dense layer's kernel.
    A ``bilstm`` has ``units`` in each direction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    embedding_dimensions: int = Field(gt=0, le=2_048)
    cell: Cell = "lstm"
    units: int = Field(default=128, gt=0, le=2_048)
    dense_units: int = Field(default=64, gt=0, le=2_048)
    max_length: int = Field(default=36, gt=0, le=512)
    spatial_dropout: float = Field(default=0.5, ge=0, lt=1)
    cell_dropout: float = Field(default=0.0, ge=0, lt=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    l2: float = Field(default=0.001, ge=0)
    trainable_embedding: bool = True

    @property
    def directions(self) -> tuple[str, ...]:
        """Prefixes of the recurrent tensors, one for each direction in which the tweet is read."""
        return (FORWARD, BACKWARD) if self.cell == "bilstm" else (FORWARD,)

    @property
    def gates(self) -> int:
        """How many blocks of ``units`` the recurrent kernels have side by side."""
        return 1 if self.cell == "rnn" else LSTM_GATES

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of the weights, layer by layer in the order in which Keras lists them."""
        width = self.gates * self.units
        recurrent = {
            "kernel": (self.embedding_dimensions, width),
            "recurrent_kernel": (self.units, width),
            "bias": (width,),
        }
        return {
            "embedding": (self.vocabulary_size, self.embedding_dimensions),
            **{f"{way}/{name}": shape for way in self.directions for name, shape in recurrent.items()},
            "dense/kernel": (len(self.directions) * self.units, self.dense_units),
            "dense/bias": (self.dense_units,),
            "output/kernel": (self.dense_units, 1),
            "output/bias": (1,),
        }
