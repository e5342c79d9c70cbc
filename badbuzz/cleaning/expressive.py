"""The *expressive* rules: the standard rules, but punctuation, numbers and drawn-out words are kept.

With logistic regression over n-grams on 200,000 tweets, accuracy is .0063 and AUC .0024 higher than with the standard rules.

* Punctuation marks are words: ``!`` and ``!!`` (two or more), ``?`` (one or more), ``.`` and ``..`` (two or more), and each
  of ``, " ( ) * : & -``.
* Every number becomes the word ``0``.
* A letter is repeated three times at most: that *sooooo* is drawn out matters, by how much does not.
"""

from __future__ import annotations

from string import ascii_lowercase
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.standard import Substitution, apply_shared_rules, apply_substitution, replace_rows

NUMBERS: Final = r"[0-9]+(?:[.,:][0-9]+)*"
MARKS: Final = r"""(!!?)!*|(\?)\?*|(\.\.?)\.*|([,"()*:&-])"""
SEPARATORS: Final = r""" ?[^a-z0!?.,"()*:& -][^a-z0!?.,"()*:&-]*|  [^a-z0!?.,"()*:&-]*"""
LONGEST_RUN: Final = 3

_DRAWN_OUT: Final = "|".join(letter * (LONGEST_RUN + 1) for letter in ascii_lowercase)


def clean_expressive(texts: pa.StringArray, version: int) -> pa.StringArray:
    """Clean ``texts`` (no nulls) by this version of the expressive rules. The length stays the same."""
    texts = apply_shared_rules(texts, version)
    texts = replace_rows(texts, pc.match_substring_regex(texts, _DRAWN_OUT), _shorten_runs)
    texts = replace_rows(texts, pc.match_substring_regex(texts, "[0-9]"), _replace_numbers)
    texts = pc.replace_substring_regex(texts, MARKS, r" \1\2\3\4 ")
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(texts, SEPARATORS, " "))


def _shorten_runs(rows: pa.StringArray) -> pa.StringArray:
    for letter in ascii_lowercase:
        run = letter * LONGEST_RUN
        rows = apply_substitution(rows, Substitution(run + letter, f"{run}+", run))
    return rows


def _replace_numbers(rows: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring_regex(rows, NUMBERS, " 0 ")
