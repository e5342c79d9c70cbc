"""All errors that Bad Buzz raises on purpose, by what the caller should do.

::

    BadBuzzError
    ├── Retry                 a dependency is away: wait, try the same call again            (exit 75 if not retried)
    ├── GiveUp                retrying cannot help: report it, exit with `exit_code`
    │   ├── Usage             the command line is wrong                                      (exit 64)
    │   ├── DataRefused       a stored file or chain is broken                               (exit 65)
    │   ├── DependencyDown    a dependency was away for longer than allowed                  (exit 69)
    │   └── Misconfigured     a setting, credential, model or file is wrong                  (exit 78)
    │       └── ModelRefused  a model directory is missing, incomplete, changed or unsupported
    └── BadRecord             one record is bad: send it to the dead letters, continue

A message names the thing, its value, and what to do. Exit codes are those of BSD's ``sysexits.h``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

INTERRUPTED = 130
"""The exit code after Ctrl-C, as in a shell."""
OUTPUT_CLOSED = 141
"""The exit code if the reader of the output is gone, as of a program that SIGPIPE ends."""

SHOWN_CHARACTERS = 80
"""Characters of a bad value that a message repeats: enough to recognise it, too few to fill a log."""


class BadBuzzError(Exception):
    """The base class of all errors that Bad Buzz raises on purpose."""

    exit_code: ClassVar[int] = 70


class Retry(BadBuzzError):
    """A dependency (named first in the message) is away; the same call may succeed later."""

    exit_code = 75

    def __init__(self, dependency: str, problem: str) -> None:
        super().__init__(f"{dependency}: {problem}")
        self.dependency = dependency


class GiveUp(BadBuzzError):
    """Retrying cannot help; the process should report the error and end with :attr:`exit_code`."""


class Usage(GiveUp):
    """The command line is wrong."""

    exit_code = 64


class DataRefused(GiveUp):
    """Stored data is broken or foreign: a broken chain, a foreign file, a topic that was deleted and made again."""

    exit_code = 65


class DependencyDown(GiveUp):
    """A dependency was away for longer than the caller waits."""

    exit_code = 69


class Misconfigured(GiveUp):
    """A setting, a credential or a named file is wrong."""

    exit_code = 78


class ModelRefused(Misconfigured):
    """A model directory is missing, incomplete, changed, or of a kind that this version cannot load."""


class BadRecord(BadBuzzError):
    """One record cannot be processed. It becomes a dead letter; other records are not affected.

    ``stage`` is ``decode`` or ``score``.
    """

    exit_code = 65

    def __init__(self, stage: str, problem: str) -> None:
        super().__init__(problem)
        self.stage = stage


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
