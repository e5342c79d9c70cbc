"""A tiny sentence network with random weights, for the encoder of :mod:`tests.training.letter_count_encoder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_registry.networks.sentence import SentenceNetwork
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from model_registry.package.model_draft import ModelDraft

UNKNOWN_ENCODER: Final = "0" * 64


def draft(encoder: str = UNKNOWN_ENCODER, **changes: int) -> ModelDraft:
    """``encoder`` is its fingerprint."""
    network = SentenceNetwork(**{"dimensions": 8, "units": 5} | changes, encoder=encoder)
    return tiny_model.draft(network=network, tensors=tiny_model.tensors(network), vocabulary=Vocabulary(()))
