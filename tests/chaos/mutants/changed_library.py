"""Counters that load a changed library of functions into Redis."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def change_library(code: str, replacement: str) -> AbstractContextManager[object]:
    """Replace ``code`` in the library that workers load."""
    source = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")
    assert code in source
    return mock.patch("worker.counters.functions.resources", _Resources(source.replace(code, replacement)))


class _Resources:
    """The package resources, of which the library is the only file."""

    def __init__(self, source: str) -> None:
        self._source = source

    def files(self, _package: str) -> _Resources:
        return self

    def joinpath(self, _name: str) -> _Resources:
        return self

    def read_text(self, **_options: str) -> str:
        return self._source
