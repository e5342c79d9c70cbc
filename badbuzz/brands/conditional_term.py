"""A term with options: searched inside hashtags, handles and links, not within exclusions, only with context.

The matcher finds candidates by its automaton. Each candidate is checked here, one text at a time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from badbuzz.brands.boundaries import find_whole
from badbuzz.brands.folded_terms import PUNCTUATION, fold_term, squeeze

if TYPE_CHECKING:
    from badbuzz.brands.brand_file import TermOptions

_PLACES: Final = {
    "hashtags": re.compile(f"#([^{PUNCTUATION}]+)"),
    "handles": re.compile(r"(?<![\w.])@([\w.-]+)"),
    # The host only: the rest of a short link is random letters.
    "links": re.compile(r"(?:https?://|(?<![\w@./-])(?=(?:[\w-]+\.)+[a-z]{2,}(?![\w@])))([\w.-]+)"),
}
_JOINTS: Final = re.compile("[-_]")


class ConditionalTerm:
    """A term with its options, folded and prepared."""

    def __init__(self, term: str, options: TermOptions) -> None:
        self._term = fold_term(term)
        exclusions = [fold_term(exclusion) for exclusion in options.exclusions]
        self._covers = [exclusion for exclusion in exclusions if self._term in exclusion]
        self._forbids = [exclusion for exclusion in exclusions if self._term not in exclusion]
        self._context = [fold_term(context) for context in options.context]
        self._name = squeeze(self._term)
        self._names_around = [
            squeeze(exclusion) for exclusion in exclusions if self._name in squeeze(exclusion)
        ]
        self._places = [_PLACES[place] for place in sorted(options.inside)]

    @property
    def patterns(self) -> set[str]:
        """What a text contains if it can mention the term."""
        if not self._places:
            return {self._term}
        bare = self._term.lstrip("@#")
        return {self._term, bare, self._name, bare.replace(" ", "_")}

    def is_mentioned(self, plain: str, folded: str) -> bool:
        """Say whether a text mentions the term.

        :param plain: the folded text with one blank for each run of blanks and hyphens.
        :param folded: the folded text.
        """
        if any(_contains(plain, phrase) for phrase in self._forbids):
            return False
        if self._context and not any(_contains(plain, phrase) for phrase in self._context):
            return False
        return self._is_in_text(plain) or any(self._is_in_place(folded, place) for place in self._places)

    def _is_in_text(self, plain: str) -> bool:
        covered = [span for exclusion in self._covers for span in find_whole(exclusion, plain)]
        return any(
            not any(start <= at and end <= stop for start, stop in covered)
            for at, end in find_whole(self._term, plain)
        )

    def _is_in_place(self, folded: str, place: re.Pattern[str]) -> bool:
        for found in place.finditer(folded):
            name = _JOINTS.sub("", found[1])
            for around in self._names_around:
                name = name.replace(around, " ")
            if self._name in name:
                return True
        return False


def _contains(plain: str, phrase: str) -> bool:
    return next(find_whole(phrase, plain), None) is not None
