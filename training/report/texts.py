"""What can be seen in a tweet's words: how it is written, and why a model may have been wrong about it.

All of it is heuristic: lists of words and patterns, which find what is plain and miss what is subtle.
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
_GLAD: Final = _any_of(
    "love loved loves great awesome amazing happy good best nice fun thanks thank excited wonderful lovely yay glad perfect "
    "beautiful enjoy enjoyed enjoying cool sweet haha"
)
_SAD: Final = _any_of(
    "hate hates sad bad worst sick tired miss missing sorry hurt hurts cry crying awful terrible horrible ugh sucks fail failed "
    "bored boring lost lonely pain stupid annoying upset broke broken dead died unfortunately"
)
_TURN: Final = _any_of("but though although however yet except still")
_SARCASM: Final = (
    r"\b(?:sarcas\w*|just what i (?:need|want)ed|oh joy|how (?:nice|lovely|wonderful|fun)|gotta love|so much fun|"
    r"thanks (?:a lot|for nothing)|love (?:how|it when|being|having to)|"
    r"(?:great|awesome|lovely|wonderful|yay) (?:another|more|just|now|for me)|"
    r"what a (?:great|lovely|wonderful) (?:way|start)|can not wait to (?:study|work|clean|write))\b"
)

STYLES: Final = ("all", "slang", "drawn-out words", "negation", "emoticon or emoji", "none of these")
KINDS: Final = ("other language", "sarcasm", "mixed", "label noise", "none seen")
_SURE: Final = 0.95
_LEAST_WORDS: Final = 4
"""Fewer say too little about their language."""

_ENGLISH: Final = 0.12
"""Share of words that hold sentences together, below which a tweet of some length is hardly English."""


def styles(raw: pa.ChunkedArray) -> pd.DataFrame:
    """Tell how tweets are written: a row to a tweet, a column (bool) to each of :data:`STYLES`."""
    cleaned = _strings(clean(raw, STANDARD).to_pylist())
    as_sent = _strings([unescape(text or "") for text in raw.to_pylist()])
    found = pd.DataFrame(
        {
            "slang": cleaned.str.contains(_SLANG, regex=True),
            "drawn-out words": cleaned.str.count(_DRAWN_OUT) > 0,
            "negation": cleaned.str.contains(_NEGATION, regex=True),
            "emoticon or emoji": as_sent.str.count(_EMOTICON) > 0,
        }
    )
    found.insert(0, "all", value=True)
    found["none of these"] = ~found.drop(columns="all").any(axis=1)
    return found


def error_kinds(raw: pa.ChunkedArray, scores: Sequence[float]) -> pd.Series[str]:
    """Guess for each tweet that was scored wrongly which of the study's kinds of error it is: :data:`KINDS`.

    The first that fits: hardly any English; a phrase often meant the other way round; words of both moods, or a turn; the model
    is sure, and all words of mood are of the mood that it says, so that the label is in doubt.
    """
    cleaned = _strings(clean(raw, STANDARD).to_pylist())
    glad, sad = (cleaned.str.contains(mood, regex=True) for mood in (_GLAD, _SAD))
    score = pd.Series(list(scores), dtype="float64")
    sure_and_backed = (score.ge(_SURE) & glad) | (score.le(1 - _SURE) & sad)
    kinds = pd.Series(KINDS[-1], index=cleaned.index, dtype="object")
    for kind, fits in reversed(
        (
            ("other language", _foreign(cleaned)),
            ("sarcasm", cleaned.str.contains(_SARCASM, regex=True)),
            ("mixed", (glad & sad) | cleaned.str.contains(_TURN, regex=True)),
            ("label noise", sure_and_backed),
        )
    ):
        kinds = kinds.mask(fits, kind)
    return kinds


def _foreign(cleaned: pd.Series[str]) -> pd.Series[bool]:
    placeholders = {"user", "url", "hashtag"}
    words = cleaned.str.split().map(lambda all_: [word for word in all_ if word not in placeholders])
    english = words.map(lambda of: sum(word in STOP_WORDS for word in of) / max(1, len(of)))
    return (
        (words.map(len) >= _LEAST_WORDS)
        & (english < _ENGLISH)
        & ~cleaned.str.contains(f"{_GLAD}|{_SAD}|{_SLANG}|{_NEGATION}", regex=True)
    )


def _strings(texts: Sequence[str]) -> pd.Series[str]:
    return pd.Series(list(texts), dtype="object")
