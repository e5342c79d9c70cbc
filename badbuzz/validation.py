"""Text for pydantic's validation errors: one line that names each wrong field, what is expected, and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

SHOWN_CHARACTERS = 80
"""Characters of a bad value that a message repeats: enough to recognise it, too few to fill a log."""


def describe_validation_error(
    error: ValidationError, *, root: str = "value", show_values: bool = True
) -> str:
    """Return all problems, separated by semicolons.

    :param root: the name of the validated value itself.
    :param show_values: False if the values may be secret, large or hostile.
    """
    details = error.errors(include_url=False, include_context=False)
    return "; ".join(describe_problem(detail, root=root, show_value=show_values) for detail in details)


def describe_problem(
    detail: ErrorDetails, *, name: str | None = None, root: str = "value", show_value: bool = True
) -> str:
    """Return one problem as ``name: what is expected (got value)``.

    :param name: what to call the field instead of its path, such as an option of the command line.
    """
    field = name or ".".join(str(step) for step in detail["loc"]) or root
    got = f" (got {shorten(detail['input'])})" if show_value else ""
    return f"{_escape(field)}: {detail['msg'].removeprefix('Value error, ')}{got}"


def shorten(value: object) -> str:
    """Return the ``repr`` of a value, cut after :data:`SHOWN_CHARACTERS`."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _escape(text: str) -> str:
    """Escape control characters: the names of unknown fields come from the input, and messages reach a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
