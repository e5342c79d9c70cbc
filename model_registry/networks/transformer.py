"""A Transformer encoder: BERT's architecture over word pieces, and one sigmoid over the mean of its last states.

The vectors of pieces, of their positions and of the only segment are summed and normalised. Each layer is multi-head attention
and two dense layers with a GELU between them (approximated by tanh, as in keras-hub's BERT); each result is added to its input
and normalised.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from model_registry.networks.base import EMBEDDING, OUTPUT_BIAS, OUTPUT_KERNEL, BaseNetwork
from model_registry.networks.token_ids import RESERVED_IDS

POSITIONS: Final = "positions"
"""Vectors of positions, each with the segment's vector added: a tweet is one segment."""

EPSILON: Final = 1e-12
"""Added to the variance so that normalisation cannot divide by zero; the value of keras-hub's BERT."""

MARKS: Final = 2
"""Pieces that are not text: the marks of a tweet's beginning and end."""

_ATTENTION: Final = ("query", "key", "value", "attended")


class TransformerNetwork(BaseNetwork):
    """The encoder's shape.

    ``vocabulary_size`` counts rows of the embedding: the pieces, padding and the unknown word. ``max_length`` is the largest
    number of pieces of a tweet, including its two marks. Each of the ``heads`` has an equal share of the ``units``.
    """

    reads: ClassVar[Literal["word pieces"]] = "word pieces"
    has_encoder: ClassVar[bool] = True

    cell: Literal["transformer"] = "transformer"
    vocabulary_size: int = Field(gt=RESERVED_IDS + MARKS, le=1_000_000)
    units: int = Field(gt=0, le=2_048)
    layers: int = Field(gt=0, le=64)
    heads: int = Field(gt=0, le=64)
    inner_units: int = Field(gt=0, le=8_192)
    max_length: int = Field(gt=MARKS, le=512)

    @model_validator(mode="after")
    def _units_are_shared_evenly(self) -> Self:
        if self.units % self.heads:
            raise ValueError(f"{self.units} units cannot be shared evenly by {self.heads} heads")
        return self

    @property
    def input_dimensions(self) -> int:
        """Numbers of a piece's vector."""
        return self.units

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return (
            f"transformer of {self.layers} × {self.units}, {self.vocabulary_size:,} word pieces, "
            f"{self.max_length} pieces a tweet"
        )

    @property
    def architecture(self) -> str:
        """The layers, and how much of a tweet is read."""
        return (
            f"BERT encoder: embedding {self.vocabulary_size:,} × {self.units} of word pieces → {self.layers} layers of "
            f"{self.heads} heads and Dense {self.inner_units} → mean state → 1; the first {self.max_length} pieces of a "
            "tweet count, the marks of its beginning and end among them"
        )

    @property
    def half_precision_tensors(self) -> frozenset[str]:
        """All large tensors."""
        large = {name for name, shape in self.tensor_shapes().items() if len(shape) > 1}
        return frozenset(large - {OUTPUT_KERNEL})

    def layer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of one layer, in the order in which Keras lists them."""
        square, row = (self.units, self.units), (self.units,)
        attention = {f"{part}/{name}": shape for part in _ATTENTION for name, shape in _dense(square).items()}
        return {
            **attention,
            "attention_norm/scale": row,
            "attention_norm/shift": row,
            "output_norm/scale": row,
            "output_norm/shift": row,
            "inner/kernel": (self.units, self.inner_units),
            "inner/bias": (self.inner_units,),
            "output/kernel": (self.inner_units, self.units),
            "output/bias": row,
        }

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights; a layer's number is the prefix of its tensors."""
        return {
            EMBEDDING: (self.vocabulary_size, self.units),
            POSITIONS: (self.max_length, self.units),
            "norm/scale": (self.units,),
            "norm/shift": (self.units,),
            **{
                f"{layer}/{name}": shape
                for layer in range(self.layers)
                for name, shape in self.layer_shapes().items()
            },
            OUTPUT_KERNEL: (self.units, 1),
            OUTPUT_BIAS: (1,),
        }


def _dense(shape: tuple[int, int]) -> dict[str, tuple[int, ...]]:
    return {"kernel": shape, "bias": shape[1:]}
