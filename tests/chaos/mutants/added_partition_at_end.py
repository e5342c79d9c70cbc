"""A worker that treats a partition that was added later like the first ones: with ``start=latest`` it begins at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch.object(StoredChain, "record_partitions", autospec=True, return_value=1_000)
