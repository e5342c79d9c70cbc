"""Replaces letters of other alphabets that look like Latin ones (Cyrillic *а* in ``аpple``) by the Latin letters.

Only two kinds of words are changed, so that text in those alphabets remains what it is:

* Words that mix the alphabets, if all their foreign letters are look-alikes. In a text that has other letters of these alphabets
  as well, most letters of the word must be Latin, and it must not be a Latin stem with a foreign ending (Russian ``iPhoneа``).
* Words of look-alikes only, if the caller expects the word that they look like, and the text has no other letters of these
  alphabets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

# Where a small letter is in the table, its capital is as well: otherwise folding would not be idempotent.
_GREEK: Final = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεηικνορτυχ", "ABEZHIKMNOPTYXabenikvoptux")
_CYRILLIC: Final = ("АВЕКМНОРСТУХЅІЈԌԚԜҺӀӏаверкмностухѕіјԍԛԝһ", "ABEKMHOPCTYXSIJGQWHllabepkmhoctyxsijgqwh")
_ARMENIAN: Final = ("ՕՍՈՀՅՑԶօսոհյցզ", "OSNHJGQounhjgq")
LOOK_ALIKES: Final = str.maketrans(
    _GREEK[0] + _CYRILLIC[0] + _ARMENIAN[0], _GREEK[1] + _CYRILLIC[1] + _ARMENIAN[1]
)

_FOREIGN: Final = "\u0370-\u03ff\u0400-\u052f\u0531-\u0587"
_ANY_FOREIGN: Final = re.compile(f"[{_FOREIGN}]")
_WORD: Final = re.compile(f"[A-Za-z0-9_]*[{_FOREIGN}][A-Za-z0-9_{_FOREIGN}]*")
_OTHER_LETTER: Final = re.compile(f"(?![{''.join(map(chr, LOOK_ALIKES))}])[{_FOREIGN}]")
_LATIN: Final = re.compile("[A-Za-z]")
_INFLECTED: Final = re.compile(f"[A-Za-z0-9_]+[{_FOREIGN}]+")


def fold_look_alikes(text: str, expected: Container[str] = ()) -> str:
    """Replace look-alikes by the rules above.

    :param expected: Latin words in lower case that a word of look-alikes may stand for.
    """
    if not _ANY_FOREIGN.search(text):
        return text
    is_foreign = _OTHER_LETTER.search(text) is not None

    def fold_word(match: re.Match[str]) -> str:
        word = match[0]
        if _OTHER_LETTER.search(word) or _is_reference(match):
            return word
        latin = word.translate(LOOK_ALIKES)
        if letters := len(_LATIN.findall(word)):
            is_latin = 2 * letters > len(word) and not _INFLECTED.fullmatch(word)
            return latin if is_latin or not is_foreign else word
        return latin if not is_foreign and latin.lower() in expected else word

    return _WORD.sub(fold_word, text)


def _is_reference(word: re.Match[str]) -> bool:
    """Say whether the word would become an HTML character reference (``&аmp;``), which the next folding would decode."""
    text, start, end = word.string, word.start(), word.end()
    return text.startswith(";", end) and text[max(start - 2, 0) : start].endswith(("&", "&#"))
