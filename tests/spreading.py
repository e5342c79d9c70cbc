"""How the tests are spread over the processes of ``pytest -n``: one by one, except where servers are dear."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

_TOGETHER: Final = ("tests/chaos/", "tests/security/", "tests/training/")
"""Folders whose tests share a broker or a trained model of their own: each goes to one process, and first of all."""


class Spreading(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives a process the next test, or the next folder, when it has but one left."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)
