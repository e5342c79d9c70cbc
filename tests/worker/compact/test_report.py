"""The report of a compaction."""

from __future__ import annotations

import json

import pytest

from tests.worker.compact.sample_chains import DAY
from worker.compact.report import CompactionReport, DayReport, FileTotals, State

BEFORE, AFTER = FileTotals(5, 100), FileTotals(2, 90)


@pytest.mark.parametrize(
    ("states", "exit_code"),
    [([], 0), (["compacted", "open", "done", "to do"], 0), (["refused", "compacted"], 65)],
)
def test_a_refused_day_determines_the_exit_code(states: list[State], exit_code: int) -> None:
    days = tuple(DayReport(DAY, state, BEFORE, AFTER) for state in states)
    assert CompactionReport("tweets", days).exit_code == exit_code


def test_json_has_all_fields() -> None:
    day = DayReport(DAY, "open", BEFORE, AFTER, held_by=(0, 7))
    text = json.dumps(CompactionReport("tweets", (day,)).to_json())
    assert json.loads(text) == {
        "topic": "tweets",
        "days": [
            {
                "day": "2026-03-14",
                "state": "open",
                "before": {"files": 5, "bytes": 100},
                "after": {"files": 2, "bytes": 90},
                "rows": 0,
                "held_by": [0, 7],
                "in_one_step": None,
                "problem": None,
            }
        ],
    }
