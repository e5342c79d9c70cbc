"""A worker that decides a file's day by itself. Other workers decide otherwise."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest import mock

from badbuzz.contracts.scored_row import to_utc_day

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import date

    from worker.chain.port import Segment


def decide_day(_store: object, segment: Segment, previous: date) -> date:
    """Return a day that is later in every worker that was started later."""
    return max(previous, to_utc_day(segment.first.arrived_ms) + timedelta(days=os.getpid() % 10_000))


def break_safeguard() -> AbstractContextManager[object]:
    return mock.patch("worker.chain.stored_chain.agree_day", decide_day)
