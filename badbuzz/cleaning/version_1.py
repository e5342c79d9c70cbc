"""Version 1 of the conversion to ASCII. It is frozen: it is only for models that were trained with version 1 of the rules.

It differs from :mod:`badbuzz.cleaning.folding`, which version 2 uses, in this: it decodes references once, deletes fewer
invisible characters, and turns dashes and look-alikes of other alphabets into blanks.
"""

from __future__ import annotations

import re
from typing import Final

from badbuzz.cleaning.characters import NOT_ASCII, build_ascii_forms
from badbuzz.cleaning.references import find_named

REFERENCE_PATTERN: Final = r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
_REFERENCE: Final = re.compile(REFERENCE_PATTERN)


def to_ascii(text: str) -> str:
    """Return ``text`` in ASCII, in time linear in its length."""
    if "&" in text:
        text = _REFERENCE.sub(_resolve, text)
    if text.isascii():
        return text
    return NOT_ASCII.sub(_fold_run, text)


def _resolve(reference: re.Match[str]) -> str:
    found = find_named(reference[1])
    return reference[0] if found is None else found


def _fold_run(run: re.Match[str]) -> str:
    table = build_ascii_forms()
    return "".join([table.get(character, " ") for character in run[0]])
