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

import re
from typing import TYPE_CHECKING, Final
from unicodedata import is_normalized, ucd_3_2_0

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from badbuzz.cleaning.characters import build_forms
from badbuzz.cleaning.look_alikes import fold_look_alikes
from badbuzz.cleaning.references import decode_references
from badbuzz.cleaning.separators import SEPARATOR_PATTERN, separate

if TYPE_CHECKING:
    from collections.abc import Container

    import numpy.typing as npt

_NOTHING: Final[frozenset[str]] = frozenset()
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ASCII: Final = 0x80
_FEW: Final = 50
"""Replacing this many characters one after another is faster than joining the forms of all characters."""

_BETWEEN_READINGS: Final = " | "
"""No term has a bar, so none is found across two readings."""


def fold(text: str, expected: Container[str] = _NOTHING) -> str:
    """Return ``text`` folded, in time linear in its length.

    :param expected: Latin words in lower case that a word of look-alikes may stand for.
    """
    if not text.isascii():
        text = _fold_characters(text)
    if "&" in text:
        text = decode_references(text, _fold_characters)
    if not text.isascii():
        if not is_normalized("NFC", text):
            text = ucd_3_2_0.normalize("NFC", text)
        text = fold_look_alikes(text, expected)
    return text.casefold().replace("`", "'")


def fold_texts(
    texts: pa.StringArray, expected: Container[str] = _NOTHING, *, both_readings: bool = False
) -> pa.StringArray:
    """Fold a column (nulls stay). ASCII texts without ``&``, which are the most frequent, cost little.

    :param both_readings: a text that has invisible separators (:mod:`~badbuzz.cleaning.separators`) is followed by a bar and by
        its reading with blanks in their place. Other texts do not change.
    """
    data, bounds = read_bytes(texts)
    special = np.flatnonzero((data >= _ASCII) | (data == ord("&")) | (data == ord("`")))
    folded = pc.utf8_lower(texts)
    if not len(special):
        return folded
    to_fold = np.zeros(len(texts), dtype=bool)
    to_fold[np.searchsorted(bounds, special, side="right") - 1] = True
    mask = pa.array(to_fold)
    rows = texts.filter(mask)
    others = [fold(text, expected) for text in rows.to_pylist()]
    if both_readings:
        separated = pc.match_substring_regex(rows, SEPARATOR_PATTERN).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(separated):
            others[row] += _BETWEEN_READINGS + fold(separate(rows[row].as_py()), expected)
    return pc.replace_with_mask(folded, mask, pa.array(others, pa.string()))


def read_bytes(texts: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the bytes of all texts, and where each text begins, and the last one ends."""
    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds - bounds[0]


def _fold_characters(text: str) -> str:
    forms = build_forms()
    changing = [character for character in set(_NOT_ASCII.findall(text)) if character in forms]
    if len(changing) > _FEW:
        return "".join([forms.get(character, character) for character in text])
    for character in changing:
        text = text.replace(character, forms[character])
    return text
