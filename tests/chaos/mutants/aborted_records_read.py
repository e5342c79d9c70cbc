"""A worker that also reads the records of aborted transactions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch.dict(os.environ, {"BADBUZZ_KAFKA__ISOLATION_LEVEL": "read_uncommitted"})
