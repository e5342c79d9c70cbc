"""The vocabulary: the words that a model knows, and their ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.errors import ModelRefused
from model_registry.networks.token_ids import PADDING_ID, RESERVED_IDS, UNKNOWN_ID
from model_registry.text.readable_words import is_readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Tweets as ids.

    ``ids`` is int32 [tweets, longest of the batch], padded on the right; ``lengths`` is int32 [tweets], each ≥ 1.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a model knows. The word at index k has id k + 2.

    :raises ModelRefused: if a word is empty, contains a space or a line break, or occurs twice.
    """

    tokens: tuple[str, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)
    _is_readable: NDArray[np.bool_] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {token: index + RESERVED_IDS for index, token in enumerate(self.tokens)}
        if len(ids) != len(self.tokens):
            raise ModelRefused(
                f"vocabulary: {len(self.tokens) - len(ids)} of its {len(self.tokens)} words occur twice"
            )
        for token in self.tokens:
            if not token or " " in token or "\n" in token:
                raise ModelRefused(
                    f"vocabulary: {token!r} (id {ids[token]}) is not a word; cleaned text never contains it"
                )
        readable = [False] * RESERVED_IDS + [is_readable(token) for token in self.tokens]
        object.__setattr__(self, "_ids", ids)
        object.__setattr__(self, "_is_readable", np.array(readable, np.bool_))

    @classmethod
    def build(cls, counts: Mapping[str, int], size: int) -> Self:
        """Return the most frequent words, for an embedding of at most ``size`` rows; ties are sorted alphabetically."""
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        return cls(tuple(ranked[: size - RESERVED_IDS]))

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read the content of ``vocabulary.txt``: UTF-8, one word per line. It is empty if a model knows no words.

        :raises ModelRefused: if the content is not of this form.
        """
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise ModelRefused(f"vocabulary: not UTF-8 at byte {error.start}") from None
        *lines, rest = text.split("\n")
        if rest:
            raise ModelRefused("vocabulary: its last line does not end; the file is cut off")
        return cls(tuple(lines))

    def to_bytes(self) -> bytes:
        """Return the content of ``vocabulary.txt``."""
        return "".join(f"{token}\n" for token in self.tokens).encode()

    @property
    def size(self) -> int:
        """Rows of the embedding: the words and the two reserved ids."""
        return len(self.tokens) + RESERVED_IDS

    def encode(self, cleaned: pa.Array, max_length: int) -> TokenBatch:
        """Return the ids of cleaned tweets: words separated by one space, no nulls.

        Words outside the vocabulary are *unknown*. So is the empty word: an empty tweet becomes one unknown word.
        Words after the first ``max_length`` are dropped.
        """
        if not len(cleaned):
            return TokenBatch(np.empty((0, 0), np.int32), np.empty(0, np.int32))
        words = pc.list_slice(pc.split_pattern(cleaned, " "), 0, max_length)
        lengths = pc.list_value_length(words).to_numpy(zero_copy_only=False).astype(np.int32)
        ids = np.full((len(cleaned), int(lengths.max())), PADDING_ID, np.int32)
        ids[np.arange(ids.shape[1]) < lengths[:, None]] = self._look_up(words.flatten())
        return TokenBatch(ids, lengths)

    def find_unread(self, batch: TokenBatch) -> NDArray[np.bool_]:
        """Return which tweets, bool [tweets], have no known word that is readable.

        See :mod:`~model_registry.text.readable_words`.
        """
        unread: NDArray[np.bool_] = np.count_nonzero(self._is_readable[batch.ids], axis=1) == 0
        return unread

    def _look_up(self, words: pa.Array) -> NDArray[np.int32]:
        distinct = words.dictionary_encode()
        known = self._ids
        ids = np.array([known.get(word, UNKNOWN_ID) for word in distinct.dictionary.to_pylist()], np.int32)
        found: NDArray[np.int32] = ids[distinct.indices.to_numpy(zero_copy_only=False)]
        return found
