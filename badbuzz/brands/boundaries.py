"""Decides where a term begins and ends in folded text.

A term matches as a whole word: not after or before a letter, a digit or an underscore, nor before a combining mark, which would
make its last letter another one. Scripts that are written without blanks (Chinese, Japanese, Thai, Lao, Khmer, Burmese) have no
such words, so a boundary is wherever one side is of these scripts, with two exceptions:

* A Katakana term does not match after Katakana: *ライン* is not in *オンライン*.
* Korean is written with blanks, and particles follow a noun without one. A Korean term matches if particles follow it, but not
  inside a longer word: *삼성* is in *삼성은*, not in *삼성동*. A Korean and a foreign word may touch: *Sony는*, *LG전자*.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_KATAKANA: Final = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_UNSPACED: Final = (
    f"{_HANGUL}{_KATAKANA}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
_IS_HANGUL: Final = re.compile(f"[{_HANGUL}]")
_IS_KATAKANA: Final = re.compile(f"[{_KATAKANA}]")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_PARTICLE: Final = (
    "에게서|한테서|으로서|으로써|이라고|이라는|이라도|이라면|이라서|이에요|입니다|입니까|이었다|이니까|이지만|"
    "이든지|이랑은|에서|에게|한테|으로|로서|로써|까지|부터|보다|처럼|마다|조차|마저|밖에|만큼|대로|하고|"
    "이랑|이나|이란|이라|이다|이고|이며|이면|이야|인데|라고|라는|라도|라면|라서|예요|이네|였다|들|은|는|"
    "이|가|을|를|의|에|께|도|만|과|와|로|나|란|랑|라|야|요|씨|님|측"
)
_PARTICLES: Final = re.compile(f"(?:{_PARTICLE}){{1,4}}(?![{_HANGUL}])")
LONGEST_ENDING: Final = 16
"""How many characters after a term decide whether it ends there."""


def is_unspaced(character: str) -> bool:
    """Say whether the character is of a script in which words touch each other, or touch foreign words."""
    return _IS_UNSPACED.match(character) is not None


def is_boundary_before(before: str, first: str) -> bool:
    """Say whether a term that begins with ``first`` may begin after the character ``before``."""
    if not _is_word_character(before):
        return True
    for script in (_IS_HANGUL, _IS_KATAKANA):
        if script.match(before) and script.match(first):
            return False
    return is_unspaced(before) or is_unspaced(first)


def is_boundary_after(last: str, after: str) -> bool:
    """Say whether a term that ends with ``last`` may end before the text ``after`` (at least one character)."""
    if not _is_word_character(after[0]):
        return True
    if unicodedata.category(after[0]).startswith("M"):
        return False
    if _IS_HANGUL.match(last) and _IS_HANGUL.match(after):
        return _PARTICLES.match(after) is not None
    return is_unspaced(last) or is_unspaced(after[0])


def find_whole(term: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each occurrence of ``term`` as a whole word, both folded."""
    start = text.find(term)
    while start >= 0:
        end = start + len(term)
        if (start == 0 or is_boundary_before(text[start - 1], term[0])) and (
            end == len(text) or is_boundary_after(term[-1], text[end : end + LONGEST_ENDING])
        ):
            yield start, end
        start = text.find(term, start + 1)


def _is_word_character(character: str) -> bool:
    return character == "_" or character.isalnum() or unicodedata.category(character).startswith("M")
