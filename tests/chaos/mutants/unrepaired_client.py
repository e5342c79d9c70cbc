"""kafka-python as it comes, which forgets what joining the group has brought."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def broken() -> AbstractContextManager[object]:
    return mock.patch("worker.source.kafka.repair")
