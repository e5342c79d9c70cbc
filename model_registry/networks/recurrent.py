"""Networks as data: enough to build one, and to name the tensors of its weights.

Those that the study compared are Embedding → SpatialDropout1D → recurrent layer → Dropout → Dense (ReLU) → Dropout →
Dense 1 (sigmoid). Two additions go beyond it: pooling over all states of the recurrent layer, and a *wide* term beside
it, which adds a weight for each run of neighbouring words. The wide term alone is a linear model. Networks with an encoder are
in :mod:`model_registry.networks.transformer` and :mod:`model_registry.networks.sentence`.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

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

WIDE_WEIGHTS: Final = "wide/weights"
WIDE_FINGERPRINTS: Final = "wide/fingerprints"
OUTPUT_KERNEL: Final = "output/kernel"
OUTPUT_BIAS: Final = "output/bias"


class Wide(BaseModel):
    """A linear term over runs of 1 to ``longest`` neighbouring words (n-grams), each hashed to one of ``buckets`` weights.

    Bucket 0 is nobody's: it stands for no n-gram. ``dropout`` leaves out that share of a tweet's n-grams in training.
    If n-grams are ``chosen``, each bucket has at most one, told by its fingerprint; others count nothing. If they are, or
    the term is ``rooted``, the sum is divided by the square root of how many count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    buckets: int = Field(gt=1, le=1 << 26)
    longest: int = Field(default=3, ge=1, le=5)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    chosen: bool = False
    rooted: Literal[True] | None = None

    @property
    def divides(self) -> bool:
        """Whether the sum is divided."""
        return self.chosen or self.rooted is not None

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of the weights."""
        weights: dict[str, tuple[int, ...]] = {WIDE_WEIGHTS: (self.buckets, 1)}
        return weights | {WIDE_FINGERPRINTS: (self.buckets,)} if self.chosen else weights

    @model_serializer(mode="wrap")
    def _without_what_it_lacks(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_nulls(write(self))


class Network(BaseModel):
    """One network's shape and regularisation.

    ``vocabulary_size`` counts rows of the embedding: the words and the two reserved ids. ``dropout`` stands
    before both dense layers, ``spatial_dropout`` drops whole embedding dimensions of a tweet, ``cell_dropout`` inputs
    of the recurrent layer, and with ``word_dropout`` that share of its words is read as the unknown word; none of them exists
    when scoring. ``l2`` is the penalty on the hidden dense layer's kernel.
    A ``bilstm`` has ``units`` in each direction. With ``pooling`` the dense layer sees the largest and the mean value that
    each unit had over the words, otherwise the state after the last word. ``wide`` adds its term before the sigmoid.
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
    word_dropout: float | None = Field(default=None, gt=0, lt=1)
    l2: float = Field(default=0.001, ge=0)
    trainable_embedding: bool = True
    pooling: Literal["max_mean"] | None = None
    wide: Wide | None = None

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
        """How many numbers the hidden dense layer sees of a tweet."""
        return len(self.directions) * self.units * (2 if self.pooling else 1)

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return (
            f"{self.cell} of {self.units}, {self.vocabulary_size:,} words × {self.embedding_dimensions}, "
            f"{self.max_length} words a tweet{_beside(self.wide)}"
        )

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
            "dense/kernel": (self.features, self.dense_units),
            "dense/bias": (self.dense_units,),
            OUTPUT_KERNEL: (self.dense_units, 1),
            OUTPUT_BIAS: (1,),
            **(self.wide.tensor_shapes() if self.wide else {}),
        }

    @model_serializer(mode="wrap")
    def _without_what_it_lacks(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_nulls(write(self))


class LinearNetwork(BaseModel):
    """A wide term and nothing else: logistic regression over hashed n-grams.

    ``vocabulary_size`` counts the words and the two reserved ids; a word outside of it is the unknown word.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Literal["linear"] = "linear"
    vocabulary_size: int = Field(gt=RESERVED_IDS, le=1_000_000)
    max_length: int = Field(default=36, gt=0, le=512)
    wide: Wide

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return f"linear, {self.vocabulary_size:,} words, {self.max_length} words a tweet{_beside(self.wide)}"

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of the weights."""
        return {OUTPUT_BIAS: (1,), **self.wide.tensor_shapes()}


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave additions out that a network has not: older software reads it, and an old manifest goes on as it came."""
    return {name: value for name, value in fields.items() if value is not None}


def _beside(wide: Wide | None) -> str:
    return (
        f", {'chosen' if wide.chosen else 'all'} runs of up to {wide.longest} words in {wide.buckets:,} buckets"
        if wide
        else ""
    )
