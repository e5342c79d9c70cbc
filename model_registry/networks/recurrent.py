"""Recurrent networks.

Embedding → SpatialDropout1D → recurrent layer → Dropout → Dense (ReLU) → Dropout → Dense 1 (sigmoid), as the study had them.
Two additions go beyond the study: pooling over all states of the recurrent layer, and an n-gram term beside it.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from model_registry.networks.base import EMBEDDING, OUTPUT_BIAS, OUTPUT_KERNEL, BaseNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.token_ids import RESERVED_IDS

Cell: TypeAlias = Literal["rnn", "lstm", "bilstm"]
"""The recurrent layer: a simple one, an LSTM, or two LSTMs that read in opposite directions."""

_KERAS_LAYERS: Final = {"rnn": "SimpleRNN", "lstm": "LSTM", "bilstm": "BiLSTM"}

LSTM_GATES: Final = 4
"""An LSTM's input, forget, cell and output gates, side by side in its kernels in this order (Keras's own)."""

FORWARD: Final = "recurrent"
BACKWARD: Final = "backward"
"""Prefixes of the tensors of the layer that reads from the first word on, and of the layer that reads from the last."""


class RecurrentNetwork(BaseNetwork):
    """A network's shape and regularisation.

    ``vocabulary_size`` counts rows of the embedding: the words and the two reserved ids. The dropouts apply to training only:
    ``dropout`` before both dense layers, ``spatial_dropout`` to whole embedding dimensions of a tweet, ``cell_dropout`` to
    inputs of the recurrent layer; ``word_dropout`` is the share of words that are replaced by the unknown word. ``l2`` is the
    penalty on the hidden dense layer's kernel. A ``bilstm`` has ``units`` in each direction. With ``pooling`` the dense layer
    reads the largest and the mean value of each unit over the words, otherwise the state after the last word. The
    ``ngram_term`` is added before the sigmoid.
    """

    reads: ClassVar[Literal["words"]] = "words"

    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    embedding_dimensions: int = Field(gt=0, le=2_048)
    cell: Cell = "lstm"
    units: int = Field(default=128, gt=0, le=2_048)
    dense_units: int = Field(default=64, gt=0, le=2_048)
    max_length: int = Field(default=36, gt=0, le=512)
    spatial_dropout: float = Field(default=0.5, ge=0, lt=1)
    cell_dropout: float = Field(default=0.0, ge=0, lt=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    word_dropout: float | None = Field(default=None, gt=0, lt=1)
    l2: float = Field(default=0.001, ge=0)
    trainable_embedding: bool = True
    pooling: Literal["max_mean"] | None = None
    ngram_term: NgramTerm | None = Field(default=None, alias="wide")

    @property
    def directions(self) -> tuple[str, ...]:
        """Prefixes of the recurrent tensors, one for each direction in which the tweet is read."""
        return (FORWARD, BACKWARD) if self.cell == "bilstm" else (FORWARD,)

    @property
    def gates(self) -> int:
        """How many blocks of ``units`` the recurrent kernels have side by side."""
        return 1 if self.cell == "rnn" else LSTM_GATES

    @property
    def features(self) -> int:
        """How many numbers of a tweet the hidden dense layer reads."""
        return len(self.directions) * self.units * (2 if self.pooling else 1)

    @property
    def input_dimensions(self) -> int:
        """Numbers of a word's vector."""
        return self.embedding_dimensions

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return (
            f"{self.cell} of {self.units}, {self.vocabulary_size:,} words × {self.embedding_dimensions}, "
            f"{self.max_length} words a tweet{f', {self.ngram_term.summary}' if self.ngram_term else ''}"
        )

    @property
    def architecture(self) -> str:
        """The layers, and how much of a tweet is read."""
        return (
            f"Embedding {self.vocabulary_size:,} × {self.embedding_dimensions} → {_KERAS_LAYERS[self.cell]} {self.units}"
            f"{' → largest and mean state' if self.pooling else ''} → Dense {self.dense_units} → 1"
            f"{f'; added to it {self.ngram_term.architecture}' if self.ngram_term else ''}; "
            f"the first {self.max_length} words of a tweet count"
        )

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights, in the order in which Keras lists them."""
        width = self.gates * self.units
        recurrent = {
            "kernel": (self.embedding_dimensions, width),
            "recurrent_kernel": (self.units, width),
            "bias": (width,),
        }
        return {
            EMBEDDING: (self.vocabulary_size, self.embedding_dimensions),
            **{
                f"{direction}/{name}": shape
                for direction in self.directions
                for name, shape in recurrent.items()
            },
            "dense/kernel": (self.features, self.dense_units),
            "dense/bias": (self.dense_units,),
            OUTPUT_KERNEL: (self.dense_units, 1),
            OUTPUT_BIAS: (1,),
            **(self.ngram_term.tensor_shapes() if self.ngram_term else {}),
        }
