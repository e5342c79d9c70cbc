"""The distribution of tests over the processes of ``pytest -n``: one by one, except folders with expensive servers."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

_TOGETHER: Final = ("tests/chaos/", "tests/security/", "tests/training/")
"""Folders whose tests share a broker or a trained model: each is run first, by one process."""


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives a process the next test or folder when it has only one left."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)
