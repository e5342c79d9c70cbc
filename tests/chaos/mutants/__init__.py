"""Mutants: each module breaks one safeguard of an adapter, and the harness must find a violation.

Every module has ``break_safeguard()``, a context manager within which a worker runs without the safeguard.
:mod:`tests.chaos.mutants.table` has for each the faults that provoke a violation, and the violation.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard(name: str) -> AbstractContextManager[object]:
    """Break the safeguard of the module ``name``."""
    breaking: AbstractContextManager[object] = import_module(f"{__name__}.{name}").break_safeguard()
    return breaking
