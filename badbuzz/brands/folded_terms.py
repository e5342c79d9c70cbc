"""The form in which texts and terms are compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from badbuzz.cleaning.folding import fold

if TYPE_CHECKING:
    import pyarrow as pa

BLANKS: Final = r"[\s-]{2,}|[\t\n\f\r-]"
"""Runs of blanks and hyphens. A single space, which is the most frequent case, does not match: it stays as it is."""

PUNCTUATION: Final = r"\s!-/:-@\[-^`{-~"
"""Blanks and ASCII punctuation except the underscore, for a character class."""

_BLANKS: Final = re.compile(r"[ \t\n\f\r-]+")
_NOT_IN_NAMES: Final = re.compile(f"[{PUNCTUATION}_]+")


def fold_term(term: str) -> str:
    """Return a term in the form in which it is compared."""
    return _BLANKS.sub(" ", fold(term)).strip(" ")


def fold_blanks(folded: pa.StringArray) -> pa.StringArray:
    """Replace each run of blanks and hyphens in folded texts by one blank."""
    return pc.replace_substring_regex(folded, BLANKS, " ")


def squeeze(term: str) -> str:
    """Return the folded term as it is written in a hashtag, a handle or a host name: without blanks and punctuation."""
    return _NOT_IN_NAMES.sub("", term)
