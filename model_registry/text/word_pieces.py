"""Word pieces: the ids that a BERT encoder reads; and the choice between word pieces and words.

The pieces are those of keras-hub's BERT tokenizer (a test compares them), without TensorFlow. Accents, case and other scripts
need no handling: cleaned text is lower-case ASCII under all rules (:mod:`badbuzz.cleaning.characters`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.errors import ModelRefused
from model_registry.networks.token_ids import PADDING_ID, RESERVED_IDS, UNKNOWN_ID
from model_registry.networks.transformer import MARKS
from model_registry.text.readable_words import NOT_WORDS, count_letters, is_readable
from model_registry.text.vocabulary import TokenBatch, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from model_registry.networks.kinds import Network

PADDING: Final = "[PAD]"
UNKNOWN: Final = "[UNK]"
BEGIN: Final = "[CLS]"
END: Final = "[SEP]"

_CONTINUED: Final = "##"
"""The prefix of pieces that continue a word."""

_MAX_WORD_BYTES: Final = 100
"""Longer words are unknown."""

_WORD: Final = re.compile(r"[!-/:-@\[-`{-~]|[^\x00-\x20\x7f!-/:-@\[-`{-~]+")
"""A punctuation mark, or a run of characters without spaces, control characters and punctuation marks."""


@dataclass(frozen=True, slots=True)
class WordPieces:
    """Cuts words into pieces. ``ids`` maps pieces to ids.

    :raises ModelRefused: if the piece of unknown words, the begin mark or the end mark is missing.
    """

    ids: Mapping[str, int]
    _is_readable: NDArray[np.bool_] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if missing := [mark for mark in (UNKNOWN, BEGIN, END) if mark not in self.ids]:
            raise ModelRefused(
                f"vocabulary: lacks the word pieces {', '.join(missing)}, which every BERT has"
            )
        readable = np.zeros(max(self.ids.values()) + 1, np.bool_)
        readable[[index for piece, index in self.ids.items() if _is_readable_piece(piece)]] = True
        readable[[PADDING_ID, self.ids[UNKNOWN], *self._cut(" ".join(NOT_WORDS))]] = False
        object.__setattr__(self, "_is_readable", readable)

    @classmethod
    def from_vocabulary(cls, vocabulary: Vocabulary) -> Self:
        """Return the word pieces of a deployed model.

        :raises ModelRefused: if the vocabulary lacks the marks of a tweet's beginning and end.
        """
        pieces = {piece: index + RESERVED_IDS for index, piece in enumerate(vocabulary.tokens)}
        return cls(pieces | {UNKNOWN: UNKNOWN_ID})

    def encode(self, cleaned: pa.Array, max_length: int) -> TokenBatch:
        """Return the ids of cleaned tweets (ASCII, no nulls), at most ``max_length`` each, including the two marks.

        Further pieces are dropped. Each distinct word of a batch is cut once.
        """
        if not len(cleaned):
            return TokenBatch(np.empty((0, 0), np.int32), np.empty(0, np.int32))
        words = pc.split_pattern(cleaned, " ")
        distinct = words.flatten().dictionary_encode()
        cut = [self._cut(text) for text in distinct.dictionary.to_pylist()]
        pieces = pa.array(cut, pa.list_(pa.int32())).take(distinct.indices)
        starts = pa.array(pieces.offsets.to_numpy()[words.offsets.to_numpy()])
        kept = pc.list_slice(pa.ListArray.from_arrays(starts, pieces.values), 0, max_length - MARKS)
        counts = pc.list_value_length(kept).to_numpy(zero_copy_only=False).astype(np.int32)
        ids = np.full((len(cleaned), int(counts.max()) + MARKS), PADDING_ID, np.int32)
        places = np.arange(ids.shape[1])
        ids[:, 0] = self.ids[BEGIN]
        ids[(places > 0) & (places <= counts[:, None])] = kept.flatten().to_numpy(zero_copy_only=False)
        ids[places == counts[:, None] + 1] = self.ids[END]
        return TokenBatch(ids, counts + np.int32(MARKS))

    def find_unread(self, batch: TokenBatch) -> NDArray[np.bool_]:
        """Return which tweets, bool [tweets], have no known piece of a readable word.

        See :mod:`~model_registry.text.readable_words`.
        """
        unread: NDArray[np.bool_] = np.count_nonzero(self._is_readable[batch.ids], axis=1) == 0
        return unread

    def _cut(self, text: str) -> list[int]:
        return [piece for word in _WORD.findall(text) for piece in self._pieces(word)]

    def _pieces(self, word: str) -> list[int]:
        """Cut off the longest known piece repeatedly. If a rest has no known piece, the whole word is unknown."""
        if len(word.encode()) > _MAX_WORD_BYTES:
            return [self.ids[UNKNOWN]]
        found, start = [], 0
        while start < len(word):
            before = _CONTINUED if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if before + word[start:end] in self.ids), None)
            if end is None:
                return [self.ids[UNKNOWN]]
            found.append(self.ids[before + word[start:end]])
            start = end
        return found


def _is_readable_piece(piece: str) -> bool:
    """Say whether the piece can only be of a readable word. Numbers are words of their own, so a letter continues letters."""
    if piece.startswith(_CONTINUED):
        return count_letters(piece) > 0
    return piece not in (BEGIN, END) and is_readable(piece)


Tokenizer: TypeAlias = Vocabulary | WordPieces


def open_tokenizer(network: Network, vocabulary: Vocabulary) -> Tokenizer:
    """Return the tokenizer of what the network reads.

    :raises ModelRefused: if the vocabulary lacks the marks of a tweet's beginning and end, and the network reads word pieces.
    """
    return WordPieces.from_vocabulary(vocabulary) if network.reads == "word pieces" else vocabulary
