"""Safeguards of the adapters, each broken on purpose in a module of its own: only to see the harness catch it.

Every module has ``broken()``, a context manager within which a worker runs without the safeguard.
:mod:`tests.chaos.mutants.table` says for each which faults provoke it, and what must be seen then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def broken(name: str) -> AbstractContextManager[object]:
    """Break the safeguard that the module ``name`` is about."""
    breaking: AbstractContextManager[object] = import_module(f"{__name__}.{name}").broken()
    return breaking
