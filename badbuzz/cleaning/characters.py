"""Converts text to ASCII before all other rules. The vocabulary of every model is English words of ``a`` to ``z``.

* HTML character references (``&amp;``, ``&#39;``) are decoded if they end in a semicolon, as X's API writes
  them. Browsers do not require it and turn the *not* of ``fun&not`` into the sign ``¬``. A reference that was escaped
  several times (``&amp;amp;lt;``) is decoded completely.
* A letter with an accent, in a decorative font, in full width or in a circle becomes the plain letter:
  *café* → *cafe*, *𝓼𝓪𝓭* → *sad*.
* All characters that are typed as an apostrophe become one, because contractions depend on it.
* Combining marks and invisible format characters are deleted.
* Every other character (emoji, letters of other scripts, symbols such as ™ or №) becomes a blank.

In ASCII text, RE2 and :mod:`re` agree on what is a word, a blank and a lower-case letter.

The folding table is computed from Unicode 3.2, which the standard library contains for IDNA. It has the letters that matter,
and it never changes. The current tables change with Python's version, which would change the input of trained models.
"""

from __future__ import annotations

import functools
import html
import itertools
import re
from html.entities import html5
from typing import TYPE_CHECKING, Final
from unicodedata import ucd_3_2_0

if TYPE_CHECKING:
    from collections.abc import Iterator

# At most seven digits: html.unescape raises ValueError on a reference of 4,301 digits.
REFERENCE_PATTERN: Final = r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
_REFERENCE: Final = re.compile(REFERENCE_PATTERN)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")

# U+0091 and U+0092 are curly quotes of Windows-1252, read as Latin-1.
_APOSTROPHES: Final = "\u0091\u0092\u00b4\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032"
_INVISIBLE: Final = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
_NO_DECOMPOSITION: Final = {
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l",
    "ß": "ss", "ẞ": "SS", "ı": "i", "ſ": "s",
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
}  # fmt: skip
_COMBINING: Final = range(0x300, 0x370)
# The ranges of Unicode 3.2 that contain letters with an ASCII form. All other characters become blanks.
_SCANNED: Final = (range(0x80, 0xD800), range(0xF900, 0x10000), range(0x1D400, 0x1D800))


def to_ascii(text: str) -> str:
    """Return ``text`` in ASCII by the rules above, in time linear in its length."""
    if "&" in text:
        text = _REFERENCE.sub(_resolve, text)
    if text.isascii():
        return text
    return _NOT_ASCII.sub(_fold_run, text)


def _resolve(reference: re.Match[str]) -> str:
    name = reference[1]
    if name.startswith("#"):
        return html.unescape(f"&{name};")
    return html5.get(f"{name};", reference[0])


def _fold_run(run: re.Match[str]) -> str:
    table = build_folding_table()
    return "".join([table.get(character, " ") for character in run[0]])


@functools.cache
def build_folding_table() -> dict[str, str]:
    """Return the ASCII form of each foldable character. A character that is not in the table becomes a blank."""
    table = dict(_canonical_and_styled())
    table.update(_NO_DECOMPOSITION)
    table.update(dict.fromkeys(_APOSTROPHES, "'"))
    table.update(dict.fromkeys(_INVISIBLE, ""))
    table.update({chr(mark): "" for mark in _COMBINING})
    return table


def _canonical_and_styled() -> Iterator[tuple[str, str]]:
    for character in map(chr, itertools.chain(*_SCANNED)):
        decomposition = ucd_3_2_0.decomposition(character)
        if not decomposition:
            continue
        kind = decomposition.partition(" ")[0]
        if kind.startswith("<") and kind not in {"<font>", "<wide>", "<circle>"}:
            continue  # ™, ², ½ and № are not letters, although they decompose to some
        decomposed = ucd_3_2_0.normalize("NFKD", character)
        base = "".join(part for part in decomposed if ord(part) not in _COMBINING)
        if base.isascii():
            yield character, base
