"""What all networks have in common."""

from __future__ import annotations

from typing import ClassVar, Final

from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.stored_json import SparseStoredJson

EMBEDDING: Final = "embedding"
OUTPUT_KERNEL: Final = "output/kernel"
OUTPUT_BIAS: Final = "output/bias"


class BaseNetwork(SparseStoredJson):
    """A network as data: enough to build it, and to name the tensors of its weights.

    Each network says what it ``reads`` (words, word pieces or sentences) and the ``input_dimensions`` of their vectors (None: no
    vectors). It describes itself by ``summary``, for tables, and by ``architecture``, for model cards. ``has_encoder`` is true
    if a pretrained encoder does most of the arithmetic, which makes scoring slow.
    """

    has_encoder: ClassVar[bool] = False

    @property
    def half_precision_tensors(self) -> frozenset[str]:
        """Names of the tensors that may be float16."""
        return frozenset({EMBEDDING, NGRAM_FINGERPRINTS, NGRAM_WEIGHTS})
