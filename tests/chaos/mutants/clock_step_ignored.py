"""Functions that ignore that the server's clock was ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.mutants.changed_library import change_library

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    return change_library("  elseif now + CLOCK_STEP_MS < calendar.latest_ms then\n", "  elseif false then\n")
