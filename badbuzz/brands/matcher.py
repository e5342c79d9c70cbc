"""Finds the brands in a whole batch of tweets, in one pass of an Aho-Corasick automaton.

The automaton runs over the bytes of all texts at once, as Arrow stores them. numpy then filters its matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import BytesAhoCorasick

from badbuzz.brands.brand_file import read_brands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import numpy.typing as npt

    from badbuzz.brands.brand_file import Brand

_BLANKS = r"[\s\x{A0}-]{2,}|[\t\n\f\r\x{A0}-]"
"""Runs of blanks and hyphens. A single space, which is the most frequent case, does not match: it stays as it is."""

_ASCII = 0x80
_LONGEST_CHARACTER = 4
_WORD_BYTES = np.array([b < _ASCII and (chr(b).isalnum() or chr(b) == "_") for b in range(256)])


class BrandMatcher:
    """Finds the brands that each text mentions.

    A term matches as a whole word: not after or before a letter, digit or underscore. Case does not matter. Blanks, hyphens
    and runs of them are equal: ``air paradis`` matches ``Air-Paradis``. A curly apostrophe equals a straight one, and
    ``&amp;``, which X delivers, equals ``&``.

    :param brands: may be empty; two brands may share a term.
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        ordered = sorted(brands, key=lambda brand: brand.name)
        self._names = pa.array([brand.name for brand in ordered], pa.string())
        owned = [(index, term) for index, brand in enumerate(ordered) for term in brand.terms]
        self._brand_of_term = np.array([index for index, _ in owned], dtype=np.int64)
        terms = normalise(pa.array([term for _, term in owned], pa.string())).to_pylist()
        self._automaton = BytesAhoCorasick([term.strip().encode() for term in terms])

    @classmethod
    def from_yaml(cls, source: str | PathLike[str] | bytes) -> Self:
        """Read the brands by :func:`read_brands`, which raises ``Misconfigured``."""
        return cls(read_brands(source))

    @property
    def names(self) -> list[str]:
        """The names of the brands, sorted."""
        names: list[str] = self._names.to_pylist()
        return names

    def match(self, texts: pa.Array) -> pa.ListArray:
        """Return the names of the brands in each raw text: ``list<string>``, each list sorted and without duplicates.

        :param texts: ``string``; a null mentions no brand.
        """
        plain = normalise(texts)
        rows, brands = self._find_terms(plain)
        pairs = np.unique(rows * max(len(self._names), 1) + brands)
        rows, brands = np.divmod(pairs, max(len(self._names), 1))
        offsets = np.zeros(len(plain) + 1, dtype=np.int32)
        np.cumsum(np.bincount(rows, minlength=len(plain)), out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), self._names.take(pa.array(brands)))

    def _find_terms(self, plain: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return row and brand of each occurrence of a term, unsorted, with duplicates."""
        _, offset_buffer, data = plain.buffers()
        if len(plain) == 0 or data is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        bounds = np.frombuffer(offset_buffer, np.int32)[plain.offset : plain.offset + len(plain) + 1].astype(
            np.int64
        )
        haystack = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
        bounds -= bounds[0]
        found = np.array(
            self._automaton.find_matches_as_indexes(haystack.data, overlapping=True), np.int64
        ).reshape(-1, 3)
        terms, starts, ends = found.T
        rows = np.searchsorted(bounds, starts, side="right") - 1
        whole = (
            (ends <= bounds[rows + 1])  # no term begins in one text and ends in the next
            & ~_word_before(haystack, starts, bounds[rows])
            & ~_word_after(haystack, ends, bounds[rows + 1])
        )
        return rows[whole], self._brand_of_term[terms[whole]]


def normalise(texts: pa.Array) -> pa.StringArray:
    """Convert texts or terms to the form in which they are compared."""
    lower = pc.utf8_lower(texts)
    unescaped = pc.replace_substring(lower, "&amp;", "&")
    straight = pc.replace_substring(unescaped, "’", "'")
    return pc.replace_substring_regex(straight, _BLANKS, " ")


def _word_before(
    haystack: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], floors: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    inside = starts > floors
    byte = haystack[np.where(inside, starts - 1, 0)]
    word: npt.NDArray[np.bool_] = inside & _WORD_BYTES[byte]
    for hit in np.flatnonzero(inside & (byte >= _ASCII)):
        start = int(starts[hit])
        character = _decode(haystack[max(start - _LONGEST_CHARACTER, int(floors[hit])) : start])[-1]
        word[hit] = character.isalnum()
    return word


def _word_after(
    haystack: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], ceilings: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    inside = ends < ceilings
    byte = haystack[np.where(inside, ends, 0)]
    word: npt.NDArray[np.bool_] = inside & _WORD_BYTES[byte]
    for hit in np.flatnonzero(inside & (byte >= _ASCII)):
        end = int(ends[hit])
        character = _decode(haystack[end : min(end + _LONGEST_CHARACTER, int(ceilings[hit]))])[0]
        word[hit] = character.isalnum()
    return word


def _decode(window: npt.NDArray[np.uint8]) -> str:
    """Decode the window. Characters that its edges cut are ignored."""
    return window.tobytes().decode(errors="ignore")
