r"""Repairs JSON with lone surrogates, such as ``"\ud83d"``: half of an emoji, left by software that cuts UTF-16 text."""

from __future__ import annotations

import re
from typing import Final

_REPLACEMENT: Final = rb"\ufffd"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""A surrogate pair, or a lone surrogate (the group), or any other escape, so that an escaped backslash begins none."""


def replace_lone_surrogates(value: bytes) -> bytes:
    r"""Return JSON with ``\ufffd`` for each escape of a lone surrogate, which no UTF-8 text can contain.

    Parsers refuse such JSON as a whole, or return text that cannot be encoded. Linear in the length of the value.
    """
    return _ESCAPE.sub(lambda found: _REPLACEMENT if found[1] else found[0], value)
