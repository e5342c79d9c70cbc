"""What all networks have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Final, Literal

from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.stored_json import SparseStoredJson

OUTPUT_KERNEL: Final = "output/kernel"
OUTPUT_BIAS: Final = "output/bias"

WORD_FORMAT: Final = 2
"""The manifest format that introduced pooling, n-gram terms, linear networks, and rates and calibration among the metrics."""

ENCODER_FORMAT: Final = 3
"""The manifest format that introduced networks with an encoder, and ``scaled_by_root_count``."""


class BaseNetwork(SparseStoredJson):
    """A network as data: enough to build it, and to name the tensors of its weights.

    Class attributes: ``has_encoder`` is true if most of the arithmetic is a pretrained encoder's, which makes scoring slow.
    """

    has_encoder: ClassVar[bool] = False

    @property
    def manifest_format(self) -> Literal[2, 3]:
        """The oldest manifest format that can describe the network, so that older software reads what it can."""
        return ENCODER_FORMAT if self.has_encoder else WORD_FORMAT

    @property
    def half_precision_tensors(self) -> frozenset[str]:
        """Names of the tensors that may be float16."""
        return frozenset({"embedding", NGRAM_FINGERPRINTS, NGRAM_WEIGHTS})

    @property
    @abstractmethod
    def input_dimensions(self) -> int | None:
        """Numbers of the vector of a word, a word piece or a sentence; None if the network has no such vectors."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """The network in a few words, for tables."""

    @property
    @abstractmethod
    def architecture(self) -> str:
        """The layers, and how much of a tweet is read, for model cards."""

    @abstractmethod
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of each tensor of the weights, in the order in which Keras lists them."""
