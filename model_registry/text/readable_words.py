"""The words that tell a model something about a text. A tweet without one is unread."""

from __future__ import annotations

from typing import Final

from badbuzz.cleaning import PLACEHOLDERS

NOT_WORDS: Final = (*PLACEHOLDERS, "rt")
"""Words that the author did not write: the placeholders of cleaning, and the mark of a retweet."""

_LEAST_LETTERS: Final = 2
"""A single letter is mostly what is left of another alphabet (*é*), of an emoticon (*:D*) or of a number (*5k*)."""


def is_readable(word: str) -> bool:
    """Say whether a word of cleaned text has two letters or more, and is not one of :data:`NOT_WORDS`."""
    return word not in NOT_WORDS and count_letters(word) >= _LEAST_LETTERS


def count_letters(word: str) -> int:
    """Return the number of letters in a word. Punctuation marks and digits are none."""
    return sum(map(str.isalpha, word))
