"""Folds text: what people write in several ways becomes one way. The models' cleaning and the search for brands use it.

1. Each character takes its form by :mod:`~badbuzz.cleaning.characters`.
2. HTML character references are decoded (:mod:`~badbuzz.cleaning.references`).
3. Characters of other scripts are composed (NFC).
4. Look-alikes of Latin letters become Latin (:mod:`~badbuzz.cleaning.look_alikes`).
5. Case is folded, beyond ASCII as well, and a backtick becomes an apostrophe.

Folding is idempotent. Its result contains characters that are not ASCII only where a character has no ASCII form: emoji, letters
of other scripts, symbols such as ™.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import ucd_3_2_0

import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.characters import NOT_ASCII, build_forms
from badbuzz.cleaning.look_alikes import fold_look_alikes
from badbuzz.cleaning.references import decode_references

if TYPE_CHECKING:
    import re
    from collections.abc import Container

_NOTHING: Final[frozenset[str]] = frozenset()


def fold(text: str, expected: Container[str] = _NOTHING) -> str:
    """Return ``text`` folded, in time linear in its length.

    :param expected: Latin words in lower case that a word of look-alikes may stand for.
    """
    if not text.isascii():
        text = _fold_characters(text)
    if "&" in text:
        text = decode_references(text, _fold_characters)
    if not text.isascii():
        text = fold_look_alikes(ucd_3_2_0.normalize("NFC", text), expected)
    return text.casefold().replace("`", "'").replace("ʼ", "'")


def fold_texts(texts: pa.StringArray, expected: Container[str] = _NOTHING) -> pa.StringArray:
    """Fold a column (nulls stay). ASCII texts without ``&``, which are the most frequent, cost little."""
    is_plain = pc.and_not(pc.string_is_ascii(texts), pc.match_substring(texts, "&"))
    # In this order: ascii_lower of Arrow 26 shifts the rows of an array whose first offset is not 0.
    folded = pc.ascii_lower(pc.replace_substring(texts, "`", "'"))
    to_fold = pc.fill_null(pc.invert(is_plain), fill_value=False)
    if not pc.any(to_fold).as_py():
        return folded
    others = [fold(text, expected) for text in texts.filter(to_fold).to_pylist()]
    return pc.replace_with_mask(folded, to_fold, pa.array(others, pa.string()))


def _fold_characters(text: str) -> str:
    return NOT_ASCII.sub(_fold_run, text)


def _fold_run(run: re.Match[str]) -> str:
    forms = build_forms()
    return "".join([forms.get(character, character) for character in run[0]])
