r"""Replaces lone surrogates, which UTF-8 cannot represent, by U+FFFD.

JavaScript's ``slice`` cuts an emoji in two, and JSON can escape the half that is left: ``"\ud83d"``. JSON parsers that return
UTF-8 refuse such a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")

_ESCAPE = re.compile(
    rb"""\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}  # a pair
         |(u[dD][89a-fA-F][0-9a-fA-F]{2})                              # a half
         |.)                                                           # any other escape, such as an escaped backslash
    """,
    re.VERBOSE | re.DOTALL,
)


def replace_lone_surrogates(text: str) -> str:
    """Return ``text`` with U+FFFD for each lone surrogate."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def replace_escaped_surrogates(json: bytes) -> bytes:
    """Return a JSON document with U+FFFD for each escape of a lone surrogate. Pairs stay as they are."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], json)


def validate_json(adapter: TypeAdapter[_T], json: bytes | str) -> _T:
    """Validate a JSON document; replace lone surrogates only if it is not valid as it is, so that valid ones cost nothing.

    :raises ValidationError: if it is not valid with replaced surrogates either.
    """
    try:
        return adapter.validate_json(json)
    except ValidationError:
        encoded = json if isinstance(json, bytes) else replace_lone_surrogates(json).encode()
        replaced = replace_escaped_surrogates(encoded)
        if replaced == json:
            raise
        return adapter.validate_json(replaced)
