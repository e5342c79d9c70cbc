"""Find the writing style of a tweet, and the likely reason of a wrong score, with lists of words and patterns.

Both are heuristics: they find the obvious cases and miss the subtle ones.
"""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Final

import pandas as pd

from badbuzz.cleaning import STANDARD, clean
from badbuzz.cleaning.stop_words import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


def _any_of(words: str) -> str:
    return rf"\b(?:{'|'.join(words.split())})\b"


_NEGATION: Final = _any_of("no not never nothing nobody none nor neither nowhere without nope")
_SLANG: Final = _any_of(
    "lol lmao rofl omg wtf gonna wanna gotta ur u r n thx plz pls tho cuz coz dunno ya yea yeah dude bro ugh meh haha hehe kinda "
    "sorta ima imma aint lil da dat dis dem thru nite tonite luv wat bday congrats"
)
_DRAWN_OUT: Final = r"([a-z])\1\1"
_EMOTICON: Final = r"(?i:(?<!\w)[:;=8x][-o^']?[)(\]\[dp\\|*3](?!\w))|<3|[\U0001F300-\U0001FAFF\u2600-\u27BF]"
_POSITIVE_WORDS: Final = _any_of(
    "love loved loves great awesome amazing happy good best nice fun thanks thank excited wonderful lovely yay glad perfect "
    "beautiful enjoy enjoyed enjoying cool sweet haha"
)
_NEGATIVE_WORDS: Final = _any_of(
    "hate hates sad bad worst sick tired miss missing sorry hurt hurts cry crying awful terrible horrible ugh sucks fail failed "
    "bored boring lost lonely pain stupid annoying upset broke broken dead died unfortunately"
)
_CONTRAST: Final = _any_of("but though although however yet except still")
_SARCASM: Final = (
    r"\b(?:sarcas\w*|just what i (?:need|want)ed|oh joy|how (?:nice|lovely|wonderful|fun)|gotta love|so much fun|"
    r"thanks (?:a lot|for nothing)|love (?:how|it when|being|having to)|"
    r"(?:great|awesome|lovely|wonderful|yay) (?:another|more|just|now|for me)|"
    r"what a (?:great|lovely|wonderful) (?:way|start)|can not wait to (?:study|work|clean|write))\b"
)

STYLES: Final = ("all", "slang", "drawn-out words", "negation", "emoticon or emoji", "none of these")
ERROR_KINDS: Final = ("other language", "sarcasm", "mixed", "label noise", "no kind found")
_SURE_SCORE: Final = 0.95
_FEWEST_WORDS: Final = 4
"""The language of a shorter tweet is not guessed."""

_ENGLISH_SHARE: Final = 0.12
"""A tweet with a smaller share of English stop words is taken for another language."""


def find_styles(raw: pa.ChunkedArray) -> pd.DataFrame:
    """Return a row for each tweet and a bool column for each of :data:`STYLES`."""
    cleaned = _to_series(clean(raw, STANDARD).to_pylist())
    unescaped = _to_series([unescape(text or "") for text in raw.to_pylist()])
    found = pd.DataFrame(
        {
            "slang": cleaned.str.contains(_SLANG, regex=True),
            "drawn-out words": cleaned.str.count(_DRAWN_OUT) > 0,
            "negation": cleaned.str.contains(_NEGATION, regex=True),
            "emoticon or emoji": unescaped.str.count(_EMOTICON) > 0,
        }
    )
    found.insert(0, "all", value=True)
    found["none of these"] = ~found.drop(columns="all").any(axis=1)
    return found


def classify_errors(raw: pa.ChunkedArray, scores: Sequence[float]) -> pd.Series[str]:
    """Return the likely kind of error, one of :data:`ERROR_KINDS`, for each tweet that was scored wrongly.

    The first match counts: few English words; a phrase that is often sarcastic; positive and negative words, or a contrast
    such as *but*; a confident score that the emotional words agree with, so that the label is in doubt.
    """
    cleaned = _to_series(clean(raw, STANDARD).to_pylist())
    positive, negative = (
        cleaned.str.contains(words, regex=True) for words in (_POSITIVE_WORDS, _NEGATIVE_WORDS)
    )
    score = pd.Series(list(scores), dtype="float64")
    confirmed = (score.ge(_SURE_SCORE) & positive) | (score.le(1 - _SURE_SCORE) & negative)
    kinds = pd.Series(ERROR_KINDS[-1], index=cleaned.index, dtype="object")
    for kind, matches in reversed(
        (
            ("other language", _is_other_language(cleaned)),
            ("sarcasm", cleaned.str.contains(_SARCASM, regex=True)),
            ("mixed", (positive & negative) | cleaned.str.contains(_CONTRAST, regex=True)),
            ("label noise", confirmed),
        )
    ):
        kinds = kinds.mask(matches, kind)
    return kinds


def _is_other_language(cleaned: pd.Series[str]) -> pd.Series[bool]:
    placeholders = {"user", "url", "hashtag"}
    words = cleaned.str.split().map(lambda all_: [word for word in all_ if word not in placeholders])
    english = words.map(lambda of: sum(word in STOP_WORDS for word in of) / max(1, len(of)))
    return (
        (words.map(len) >= _FEWEST_WORDS)
        & (english < _ENGLISH_SHARE)
        & ~cleaned.str.contains(f"{_POSITIVE_WORDS}|{_NEGATIVE_WORDS}|{_SLANG}|{_NEGATION}", regex=True)
    )


def _to_series(texts: Sequence[str]) -> pd.Series[str]:
    return pd.Series(list(texts), dtype="object")
