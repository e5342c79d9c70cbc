"""The *expressive* rules, ours: the standard ones, but what the punctuation says stays.

Measured with logistic regression over n-grams on 200,000 tweets: .0063 more accuracy than the standard rules, .0024 more AUC.

* Marks are words: ``!`` and ``!!`` (two or more), ``?`` (one or more), ``.`` and ``..`` (two or more), and each of
  ``, " ( ) * : & -``.
* A number is the word ``0``.
* A letter comes three times in a row at most: how far *sooooo* is drawn out says little, that it is says much.
"""

from __future__ import annotations

from string import ascii_lowercase
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.standard import Substitution, change, opened, substitute

NUMBERS: Final = r"[0-9]+(?:[.,:][0-9]+)*"
MARKS: Final = r"""(!!?)!*|(\?)\?*|(\.\.?)\.*|([,"()*:&-])"""
SEPARATORS: Final = r""" ?[^a-z0!?.,"()*:& -][^a-z0!?.,"()*:&-]*|  [^a-z0!?.,"()*:&-]*"""
LONGEST_RUN: Final = 3

_DRAWN_OUT: Final = "|".join(letter * (LONGEST_RUN + 1) for letter in ascii_lowercase)


def expressive(texts: pa.StringArray) -> pa.StringArray:
    """Clean ``texts`` (no nulls) by the expressive rules; same length, linear time, no state."""
    texts = opened(texts)
    texts = change(texts, pc.match_substring_regex(texts, _DRAWN_OUT), _shorten)
    texts = change(texts, pc.match_substring_regex(texts, "[0-9]"), _number)
    texts = pc.replace_substring_regex(texts, MARKS, r" \1\2\3\4 ")
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(texts, SEPARATORS, " "))


def _shorten(rows: pa.StringArray) -> pa.StringArray:
    for letter in ascii_lowercase:
        run = letter * LONGEST_RUN
        rows = substitute(rows, Substitution(run + letter, f"{run}+", run))
    return rows


def _number(rows: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(rows, NUMBERS, " 0 ")
