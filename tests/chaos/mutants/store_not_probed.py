"""A worker that does not check whether its store honours create-if-absent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("badbuzz.clients.scored_store.check_create_if_absent")
