from __future__ import annotations

import pyarrow as pa
import pytest

from badbuzz.errors import ModelRefused
from model_registry.text.tokenizer import open_tokenizer
from model_registry.text.vocabulary import Vocabulary
from tests.model_registry import tiny_model, tiny_transformer_model

TEXTS = pa.array(["late crews"])


def test_a_network_of_words_reads_words() -> None:
    tokenizer = open_tokenizer(tiny_model.NETWORK, Vocabulary(tiny_model.WORDS))
    assert tokenizer.encode(TEXTS, 9).ids.tolist() == [[5, 1]]


def test_a_transformer_reads_word_pieces_between_marks() -> None:
    pieces = Vocabulary(tiny_transformer_model.PIECES)
    ids = {piece: index + 2 for index, piece in enumerate(pieces.tokens)}
    tokenizer = open_tokenizer(tiny_transformer_model.NETWORK, pieces)
    expected = [ids[piece] for piece in ("[CLS]", "late", "crew", "##s", "[SEP]")]
    assert tokenizer.encode(TEXTS, 9).ids.tolist() == [expected]


def test_a_transformer_needs_the_marks_in_its_vocabulary() -> None:
    with pytest.raises(ModelRefused, match=r"lacks the word pieces \[CLS\], \[SEP\]"):
        open_tokenizer(tiny_transformer_model.NETWORK, Vocabulary(tiny_model.WORDS))
