"""Invisible characters that separate words for some writers and join them for others: soft hyphens and zero-width blanks.

Folding deletes them. The search for brands also reads a text with blanks in their place, because *Air<U+200B>Paradis* may mean
*AirParadis* or *Air Paradis*.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Final

_SEPARATORS: Final = "\u00ad\u180e\u200b\u200c\ufeff"
_NAMES: Final = sorted(name for name, value in html5.items() if value in _SEPARATORS and name.endswith(";"))
_CODES: Final = [code for mark in _SEPARATORS for code in (f"#0*{ord(mark)};", f"#x0*{ord(mark):x};")]

SEPARATOR_PATTERN: Final = f"[{_SEPARATORS}]|(?i:&(?:amp;|#38;|#x26;)*(?:{'|'.join(_NAMES + _CODES)}))"
"""Such a character, or an HTML reference to it, escaped any number of times. It means the same in RE2 and :mod:`re`."""

_SEPARATOR: Final = re.compile(SEPARATOR_PATTERN)


def separate(text: str) -> str:
    """Return a raw text with a blank for each such character."""
    return _SEPARATOR.sub(" ", text)
