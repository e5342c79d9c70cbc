"""A Transformer encoder as data: BERT's architecture over word pieces, and one sigmoid over the mean of its last states.

The vectors of pieces, of their positions and of the only segment are summed and normalised. Each layer is multi-head attention
and two dense layers with a GELU between them (its approximation by tanh, as keras-hub's BERT has it); what each adds is
normalised after it was added.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model_registry.networks.recurrent import OUTPUT_BIAS, OUTPUT_KERNEL, RESERVED_IDS

EMBEDDING: Final = "embedding"
POSITIONS: Final = "positions"
"""Vectors of positions, that of the segment added to each: a tweet is one segment."""

EPSILON: Final = 1e-12
"""What keeps a normalisation from dividing by zero; keras-hub's BERT has no other."""

MARKS: Final = 2
"""Pieces that are no text: the marks of a tweet's beginning and end."""


class TransformerNetwork(BaseModel):
    """One encoder's shape.

    ``vocabulary_size`` counts rows of the embedding: the pieces, padding and the unknown word. ``max_length`` is the most
    pieces of a tweet, its two marks among them. Each of the ``heads`` has its share of the ``units``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Literal["transformer"] = "transformer"
    vocabulary_size: int = Field(gt=RESERVED_IDS + MARKS, le=1_000_000)
    units: int = Field(gt=0, le=2_048)
    layers: int = Field(gt=0, le=64)
    heads: int = Field(gt=0, le=64)
    inner_units: int = Field(gt=0, le=8_192)
    max_length: int = Field(gt=MARKS, le=512)

    @model_validator(mode="after")
    def _shared_evenly(self) -> Self:
        if self.units % self.heads:
            raise ValueError(f"{self.units} units cannot be shared evenly by {self.heads} heads")
        return self

    @property
    def summary(self) -> str:
        """The network in a few words."""
        return (
            f"transformer of {self.layers} × {self.units}, {self.vocabulary_size:,} word pieces, "
            f"{self.max_length} pieces a tweet"
        )

    @property
    def halved(self) -> frozenset[str]:
        """Tensors that may be in half precision: all large ones."""
        return frozenset(name for name, shape in self.tensor_shapes().items() if len(shape) > 1) - {
            OUTPUT_KERNEL
        }

    def layer_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of one layer, in the order in which Keras lists them."""
        square, row = (self.units, self.units), (self.units,)
        attention = {f"{of}/{name}": shape for of in _ATTENTION for name, shape in _dense(square).items()}
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
        """Name and shape of each tensor of the weights; a layer's are headed by its number."""
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


_ATTENTION: Final = ("query", "key", "value", "attended")


def _dense(shape: tuple[int, int]) -> dict[str, tuple[int, ...]]:
    return {"kernel": shape, "bias": shape[1:]}
