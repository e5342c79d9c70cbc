"""The form of each character that is not ASCII.

* A letter with an accent, in a decorative font, in full width or in a circle becomes the plain letter:
  *café* → *cafe*, *𝓼𝓪𝓭* → *sad*. Accents of other alphabets are dropped as well: *й* → *и*.
* All characters that are typed as an apostrophe become one, because contractions depend on it. All dashes become a hyphen,
  all blanks a space.
* Combining marks and invisible format characters are deleted.
* Half-width Japanese and Korean letters, and the forms that Arabic letters take in words, become the usual letters.

The tables are computed from Unicode 3.2, which the standard library contains for IDNA. It has the letters that matter, and it
never changes. The current tables change with Python's version, which would change the input of trained models.
"""

from __future__ import annotations

import functools
import itertools
import re
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final
from unicodedata import ucd_3_2_0

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")

# U+0091 and U+0092 are curly quotes of Windows-1252, read as Latin-1.
_APOSTROPHES: Final = "\u0091\u0092\u00b4\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032"
_INVISIBLE: Final = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
_NO_DECOMPOSITION: Final = {
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l",
    "ß": "ss", "ẞ": "SS", "ı": "i", "ſ": "s",
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
}  # fmt: skip
_COMBINING: Final = range(0x300, 0x370)
# The ranges of Unicode 3.2 that contain letters with an ASCII form.
_SCANNED: Final = (range(0x80, 0xD800), range(0xF900, 0x10000), range(0x1D400, 0x1D800))
_PLAIN_KINDS: Final = frozenset({"<font>", "<wide>", "<circle>"})

# What version 2 of the rules adds.
_MORE_APOSTROPHES: Final = "\u02c8\u02ca\u0374\u05f3\ua78c"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63"
_BLANKS: Final = "\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_MORE_NO_DECOMPOSITION: Final = {
    "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ŉ": "'n", "ɑ": "a", "ɡ": "g",
}  # fmt: skip
_SMALL_CAPITALS: Final = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ", ascii_lowercase, strict=True))
# Letters in squares and dark circles, which Unicode 3.2 lacks. Flags (U+1F1E6 to U+1F1FF) are not letters.
_BOXED: Final = (0x1F130, 0x1F150, 0x1F170)
_MORE_COMBINING: Final = (
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xFE20, 0xFE30),
)
_MORE_INVISIBLE: Final = (
    *(range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070), range(0xFE00, 0xFE10)),
    *(range(0xE0000, 0xE0080), range(0xE0100, 0xE01F0)),
    *(range(code, code + 1) for code in (0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFFA0)),
)
_LETTER_KINDS: Final = _PLAIN_KINDS | {"<narrow>", "<isolated>", "<initial>", "<medial>", "<final>"}
_HANGUL_SYLLABLES: Final = range(0xAC00, 0xD7A4)
_MORE_SCANNED: Final = (*_SCANNED, range(0x2F800, 0x2FA20))


@functools.cache
def build_ascii_forms() -> dict[str, str]:
    """Return the ASCII form of each character that has one, as version 1 of the rules has it."""
    table = {character: form for character, form in _decompose(_SCANNED, _PLAIN_KINDS) if form.isascii()}
    table.update(_NO_DECOMPOSITION)
    table.update(dict.fromkeys(_APOSTROPHES, "'"))
    table.update(dict.fromkeys(_INVISIBLE, ""))
    table.update({chr(mark): "" for mark in _COMBINING})
    return table


@functools.cache
def build_forms() -> dict[str, str]:
    """Return the form of each character that changes, as version 2 of the rules has it; it is ASCII where one exists."""
    table = dict(_decompose(_MORE_SCANNED, _LETTER_KINDS))
    table.update(build_ascii_forms())
    table.update(_MORE_NO_DECOMPOSITION)
    table.update((capital, letter) for capital, letter in _SMALL_CAPITALS.items() if capital != letter)
    table.update((chr(first + at), letter) for first in _BOXED for at, letter in enumerate(ascii_lowercase))
    table.update(dict.fromkeys(_MORE_APOSTROPHES, "'"))
    table.update(dict.fromkeys(_DASHES, "-"))
    table.update(dict.fromkeys(_BLANKS, " "))
    deleted = itertools.chain(*_MORE_COMBINING, *_MORE_INVISIBLE)
    table.update(dict.fromkeys(map(chr, deleted), ""))
    return {character: "".join(table.get(part, part) for part in form) for character, form in table.items()}


def _decompose(ranges: tuple[range, ...], kinds: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield each character that decomposes, canonically or in one of ``kinds``, and its form without combining marks.

    ™, ², ½ and № are of other kinds: they are not letters, although they decompose to some.
    """
    for character in map(chr, itertools.chain(*ranges)):
        decomposition = ucd_3_2_0.decomposition(character)
        if not decomposition or ord(character) in _HANGUL_SYLLABLES:
            continue
        kind = decomposition.partition(" ")[0]
        if kind.startswith("<") and kind not in kinds:
            continue
        decomposed = ucd_3_2_0.normalize("NFKD", character)
        form = "".join(part for part in decomposed if ord(part) not in _COMBINING)
        if form.isascii() or " " not in form:  # not the marks of Arabic on a blank
            yield character, form
