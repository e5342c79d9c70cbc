"""Tokenizers: from cleaned texts to the ids that a network reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from model_registry.text.vocabulary import Vocabulary
from model_registry.text.word_pieces import WordPieces

if TYPE_CHECKING:
    from model_registry.networks.kinds import Network

Tokenizer: TypeAlias = Vocabulary | WordPieces


def open_tokenizer(network: Network, vocabulary: Vocabulary) -> Tokenizer:
    """Return the tokenizer of what the network reads.

    :raises ModelRefused: if the vocabulary lacks the marks of a tweet's beginning and end, and the network reads word pieces.
    """
    return WordPieces.from_vocabulary(vocabulary) if network.reads == "word pieces" else vocabulary
