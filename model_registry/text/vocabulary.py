"""The vocabulary: which words a model knows, and how cleaned tweets become ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.errors import ModelRefused
from model_registry.networks.token_ids import PADDING_ID, RESERVED_IDS, UNKNOWN_ID

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
    """The words a model knows; the word at index k has id k + 2.

    :raises ModelRefused: if a word is empty, holds a blank or a line break, or comes twice.
    """

    tokens: tuple[str, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {token: index + RESERVED_IDS for index, token in enumerate(self.tokens)}
        if len(ids) != len(self.tokens):
            raise ModelRefused(
                f"vocabulary: {len(self.tokens) - len(ids)} of its {len(self.tokens)} words come twice"
            )
        for token in self.tokens:
            if not token or " " in token or "\n" in token:
                raise ModelRefused(
                    f"vocabulary: {token!r} (id {ids[token]}) is no word; cleaned text never holds it"
                )
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def build(cls, counts: Mapping[str, int], size: int) -> Self:
        """Keep the most frequent words, for an embedding of at most ``size`` rows; ties go by alphabet."""
        ranked = sorted(counts, key=lambda token: (-counts[token], token))
        return cls(tuple(ranked[: size - RESERVED_IDS]))

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read ``vocabulary.txt``: UTF-8, one word a line; a model that knows no words has an empty one.

        :raises ModelRefused: if the content is anything else.
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
        """Write the content of ``vocabulary.txt``."""
        return "".join(f"{token}\n" for token in self.tokens).encode()

    @property
    def size(self) -> int:
        """Rows of the embedding: the words and the two reserved ids."""
        return len(self.tokens) + RESERVED_IDS

    def encode(self, cleaned: pa.Array, max_length: int) -> TokenBatch:
        """Turn cleaned tweets (words parted by one blank, no nulls) into ids.

        A word outside the vocabulary is *unknown*, and so is the empty word: an empty tweet becomes one unknown.
        Of a longer tweet the first ``max_length`` words count.
        """
        if not len(cleaned):
            return TokenBatch(np.empty((0, 0), np.int32), np.empty(0, np.int32))
        words = pc.list_slice(pc.split_pattern(cleaned, " "), 0, max_length)
        lengths = pc.list_value_length(words).to_numpy(zero_copy_only=False).astype(np.int32)
        ids = np.full((len(cleaned), int(lengths.max())), PADDING_ID, np.int32)
        ids[np.arange(ids.shape[1]) < lengths[:, None]] = self._look_up(words.flatten())
        return TokenBatch(ids, lengths)

    def _look_up(self, words: pa.Array) -> NDArray[np.int32]:
        distinct = words.dictionary_encode()
        known = self._ids
        ids = np.array([known.get(word, UNKNOWN_ID) for word in distinct.dictionary.to_pylist()], np.int32)
        found: NDArray[np.int32] = ids[distinct.indices.to_numpy(zero_copy_only=False)]
        return found
