"""Decodes HTML character references (``&amp;``, ``&#39;``), which X's API and many exports write.

A reference must end in a semicolon. Browsers do not require it and turn the *not* of ``fun&not`` into the sign ``¬``.
A reference that was escaped several times (``&amp;amp;lt;``) is decoded completely.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# At most seven digits: html.unescape raises ValueError on a reference of 4,301 digits.
NAME_PATTERN: Final = r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31})"
_REFERENCE: Final = re.compile(NAME_PATTERN + ";")
_OPEN_REFERENCE: Final = re.compile(NAME_PATTERN + r"\Z")
_LONGEST: Final = 33
"""The characters of the longest reference that :data:`NAME_PATTERN` matches, without its semicolon."""

_ANY_CASE: Final = {name.lower(): value for name, value in reversed(html5.items())}
"""A text that was converted to lower case has ``&eacute;`` for both ``&Eacute;`` and ``&eacute;``."""


def decode_references(text: str, fold: Callable[[str], str]) -> str:
    """Replace each reference by its character, which is passed through ``fold``. Time is linear in the length of the text.

    The result contains no reference: where a decoded character completes another reference, that is decoded as well.
    """

    def resolve(reference: re.Match[str]) -> str:
        found = find_any_case(reference[1])
        return reference[0] if found is None else fold(found)

    decoded = _REFERENCE.sub(resolve, text)
    if decoded == text or ";" not in decoded or not _REFERENCE.search(decoded):
        return decoded
    return _decode_nested(decoded, fold)


def _decode_nested(text: str, fold: Callable[[str], str]) -> str:
    """Read ``text`` from left to right. At each semicolon, decode the reference that it completes, if there is one."""
    done: list[str] = []
    waiting = list(reversed(text))
    while waiting:
        character = waiting.pop()
        if character == ";":
            reference = _OPEN_REFERENCE.search("".join(done[-_LONGEST:]))
            found = find_any_case(reference[1]) if reference else None
            if reference and found is not None:
                del done[len(done) - len(reference[0]) :]
                waiting.extend(reversed(fold(found)))
                continue
        done.append(character)
    return "".join(done)


def find_named(name: str) -> str | None:
    """Return the characters of a reference by its name without ``&`` and ``;``, or None if there is no such reference."""
    return html.unescape(f"&{name};") if name.startswith("#") else html5.get(f"{name};")


def find_any_case(name: str) -> str | None:
    """Return the same, for a name that may have lost its case."""
    found = find_named(name)
    return _ANY_CASE.get(f"{name.lower()};") if found is None else found
