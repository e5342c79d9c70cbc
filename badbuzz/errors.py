"""Every error that Bad Buzz raises on purpose, split by what the caller should do about it.

::

    BadBuzzError
    ├── Retry                 a dependency is away: wait, try the same call again            (exit 75 if nobody retries)
    ├── GiveUp                trying again cannot help: tell the operator, exit with `exit_code`
    │   ├── Usage             the command line makes no sense                                (exit 64)
    │   ├── DataRefused       a file or chain is not what it claims to be                    (exit 65)
    │   ├── DependencyDown    a dependency stayed away for longer than allowed               (exit 69)
    │   └── Misconfigured     a setting, credential, model or file is wrong                  (exit 78)
    │       └── ModelRefused  a model directory is missing, partial, tampered or foreign
    └── BadRecord             this one record is bad: name it as a dead letter, go on

A message names the thing, its value, and what to do about it. Exit codes are those of BSD's ``sysexits.h``.
"""

from __future__ import annotations

from typing import ClassVar


class BadBuzzError(Exception):
    """Root of the tree: catch it to catch all that Bad Buzz raises on purpose."""

    exit_code: ClassVar[int] = 70


class Retry(BadBuzzError):
    """A dependency (named first in the message) is away for now; the same call may succeed later."""

    exit_code = 75

    def __init__(self, dependency: str, problem: str) -> None:
        super().__init__(f"{dependency}: {problem}")
        self.dependency = dependency


class GiveUp(BadBuzzError):
    """Trying again cannot help; the process should tell its operator and end with :attr:`exit_code`."""


class Usage(GiveUp):
    """The command line makes no sense."""

    exit_code = 64


class DataRefused(GiveUp):
    """Stored data is not what it claims to be: a broken chain, a foreign file, a topic made anew."""

    exit_code = 65


class DependencyDown(GiveUp):
    """A dependency stayed away for longer than the caller was willing to wait."""

    exit_code = 69


class Misconfigured(GiveUp):
    """A setting, a credential or a named file is wrong."""

    exit_code = 78


class ModelRefused(Misconfigured):
    """A model directory is missing, partial, tampered with, or of a kind that this version cannot load."""


class BadRecord(BadBuzzError):
    """One record cannot be processed; it becomes a dead letter and costs nothing else.

    ``stage`` is one of ``decode``, ``clean`` or ``score``.
    """

    exit_code = 65

    def __init__(self, stage: str, problem: str) -> None:
        super().__init__(problem)
        self.stage = stage
