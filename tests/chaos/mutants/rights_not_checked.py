"""Functions that do not check the caller's rights before they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.mutants.changed_library import change_library

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    return change_library("  check_rights(prefix, WRITER_RIGHTS)\n", "")
