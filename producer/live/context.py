"""The words around a post that its author did not write: addresses of links, titles of pages, descriptions of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from badbuzz.contracts.tweet import CONTEXT_SEPARATOR, MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable


def join_context(parts: Iterable[object]) -> str | None:
    """Return the tweet's ``context``, or None if no part is a text. Other values, blanks and repetitions are left out."""
    texts = dict.fromkeys(part.strip() for part in parts if isinstance(part, str))
    return CONTEXT_SEPARATOR.join(filter(None, texts))[:MAX_TEXT_CHARACTERS] or None


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one if the value is something else."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, or none if the value is something else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
