"""Finds the brands in a whole batch of tweets, in one pass of an Aho-Corasick automaton.

Texts and terms are folded first (:mod:`badbuzz.cleaning.folding`). The automaton runs over the bytes of all texts at once, as
Arrow stores them. numpy then filters its matches. Terms with options are checked one text at a time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick

from badbuzz.brands.boundaries import LONGEST_ENDING, is_boundary_after, is_boundary_before, is_unspaced
from badbuzz.brands.brand_file import read_brands
from badbuzz.brands.conditional_term import ConditionalTerm
from badbuzz.brands.folded_terms import fold_blanks, fold_term
from badbuzz.cleaning.folding import fold_texts, read_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import numpy.typing as npt

    from badbuzz.brands.brand_file import Brand

_ASCII = 0x80
_LONGEST_CHARACTER = 4
_WORD_BYTES = np.array([b < _ASCII and (chr(b).isalnum() or chr(b) == "_") for b in range(256)])
_LATIN_WORD = re.compile("[a-z0-9_]*[a-z][a-z0-9_]*")

_Indexes: TypeAlias = "npt.NDArray[np.int64]"


class BrandMatcher:
    """Finds the brands that each text mentions.

    A term matches as a whole word (:mod:`badbuzz.brands.boundaries`), whatever its case and accents. Blanks, hyphens and runs of
    them are equal: ``air paradis`` matches ``Air-Paradis``.

    :param brands: may be empty; two brands may share a term.
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        ordered = sorted(brands, key=lambda brand: brand.name)
        self._names = pa.array([brand.name for brand in ordered], pa.string())
        patterns: list[tuple[int, str, ConditionalTerm | None]] = []
        for index, brand in enumerate(ordered):
            for term in brand.terms:
                options = brand.options.get(term)
                condition = None if options is None else ConditionalTerm(term, options)
                searched = {fold_term(term)} if condition is None else condition.patterns
                patterns.extend((index, pattern, condition) for pattern in searched)
        self._brand_of_pattern = np.array([index for index, _, _ in patterns], dtype=np.int64)
        self._patterns = [pattern for _, pattern, _ in patterns]
        self._conditions = [condition for _, _, condition in patterns]
        self._is_conditional = np.array([condition is not None for condition in self._conditions], dtype=bool)
        self._touches_before = np.array([is_unspaced(pattern[0]) for pattern in self._patterns], dtype=bool)
        self._touches_after = np.array([is_unspaced(pattern[-1]) for pattern in self._patterns], dtype=bool)
        self._words = frozenset(word for pattern in self._patterns for word in _LATIN_WORD.findall(pattern))
        self._automaton = BytesAhoCorasick([pattern.encode() for pattern in self._patterns])

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
        folded = fold_texts(texts, self._words, both_readings=True)
        rows, brands = self._find_brands(folded)
        pairs = np.unique(rows * max(len(self._names), 1) + brands)
        rows, brands = np.divmod(pairs, max(len(self._names), 1))
        offsets = np.zeros(len(folded) + 1, dtype=np.int32)
        np.cumsum(np.bincount(rows, minlength=len(folded)), out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), self._names.take(pa.array(brands)))

    def _find_brands(self, folded: pa.StringArray) -> tuple[_Indexes, _Indexes]:
        """Return row and brand of each mention, unsorted, with duplicates."""
        plain = fold_blanks(folded)
        haystack, bounds = read_bytes(plain)
        if not len(haystack):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        found = np.array(
            self._automaton.find_matches_as_indexes(haystack.data, overlapping=True), np.int64
        ).reshape(-1, 3)
        patterns, starts, ends = found.T
        rows = np.searchsorted(bounds, starts, side="right") - 1
        inside = ends <= bounds[rows + 1]  # no term begins in one text and ends in the next
        conditional = self._is_conditional[patterns]
        at = np.flatnonzero(inside & ~conditional)
        at = at[self._is_whole(haystack, found[at], bounds[rows[at]], bounds[rows[at] + 1])]
        rows_found, brands_found = rows[at], self._brand_of_pattern[patterns[at]]
        if conditional.any():
            more = inside & conditional
            checked = self._check_conditions(plain, folded, rows[more], patterns[more])
            rows_found = np.concatenate([rows_found, checked[0]])
            brands_found = np.concatenate([brands_found, checked[1]])
        return rows_found, brands_found

    def _check_conditions(
        self, plain: pa.StringArray, folded: pa.StringArray, rows: _Indexes, patterns: _Indexes
    ) -> tuple[_Indexes, _Indexes]:
        """Return row and brand of the candidates whose terms the texts mention."""
        if not len(rows):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        by_term: dict[tuple[int, int], tuple[int, ConditionalTerm]] = {}
        for row, pattern in zip(rows.tolist(), patterns.tolist(), strict=True):
            condition = self._conditions[pattern]
            if condition is not None:
                by_term[row, id(condition)] = (int(self._brand_of_pattern[pattern]), condition)
        needed = np.unique(rows)
        text_pairs = zip(plain.take(needed).to_pylist(), folded.take(needed).to_pylist(), strict=True)
        texts = dict(zip(needed.tolist(), text_pairs, strict=True))
        mentioned: dict[tuple[int, int], bool] = {}
        for (row, _), (brand, condition) in by_term.items():
            if not mentioned.get((row, brand)):
                mentioned[row, brand] = condition.is_mentioned(*texts[row])
        pairs = np.array([pair for pair, yes in mentioned.items() if yes], np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _is_whole(
        self,
        haystack: npt.NDArray[np.uint8],
        found: _Indexes,
        floors: _Indexes,
        ceilings: _Indexes,
    ) -> npt.NDArray[np.bool_]:
        """Say which occurrences are whole words: ``found`` has pattern, start and end, ``floors`` and ``ceilings`` their text's.

        Only neighbours that are not ASCII are looked at one by one.
        """
        patterns, starts, ends = found.T
        has_before, has_after = starts > floors, ends < ceilings
        before = haystack[np.where(has_before, starts - 1, 0)]
        after = haystack[np.where(has_after, ends, 0)]
        whole: npt.NDArray[np.bool_] = ~(
            (has_before & _WORD_BYTES[before] & ~self._touches_before[patterns])
            | (has_after & _WORD_BYTES[after] & ~self._touches_after[patterns])
        )
        for hit in np.flatnonzero(whole & has_before & (before >= _ASCII)):
            window = haystack[max(starts[hit] - _LONGEST_CHARACTER, floors[hit]) : starts[hit]]
            whole[hit] = is_boundary_before(_decode(window)[-1], self._patterns[patterns[hit]][0])
        for hit in np.flatnonzero(whole & has_after & (after >= _ASCII)):
            window = haystack[ends[hit] : min(ends[hit] + LONGEST_ENDING * _LONGEST_CHARACTER, ceilings[hit])]
            whole[hit] = is_boundary_after(
                self._patterns[patterns[hit]][-1], _decode(window)[:LONGEST_ENDING]
            )
        return whole


def _decode(window: npt.NDArray[np.uint8]) -> str:
    """Decode the window. Characters that its edges cut are ignored."""
    return window.tobytes().decode(errors="ignore")
