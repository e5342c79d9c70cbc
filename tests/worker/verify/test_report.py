"""The report of a verification: verdict, exit code and JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from badbuzz.contracts.scored_row import Totals
from worker.verify.report import PartitionReport, Verdict, VerificationReport, Violation

VIOLATION = Violation(0, 7, "offset 7 is a row twice")


def make_report(
    violations: tuple[Violation, ...] = (), unsettled: tuple[str, ...] = ()
) -> VerificationReport:
    part = PartitionReport(
        0, 5, 9, 1, Totals(rows=3, rejected=1), absent=1, tombstones=0, lost=((5, 6),), lag=None
    )
    return VerificationReport("tweets", "id", (part,), ("chain",), violations, unsettled, ("a note",))


@pytest.mark.parametrize(
    ("violations", "unsettled", "verdict", "exit_code"),
    [
        ((), (), "clean", 0),
        ((), ("busy",), "unsettled", 75),
        ((VIOLATION,), (), "violated", 65),
        ((VIOLATION,), ("busy",), "violated", 65),
    ],
)
def test_violations_count_more_than_what_is_unsettled(
    violations: tuple[Violation, ...], unsettled: tuple[str, ...], verdict: Verdict, exit_code: int
) -> None:
    report = make_report(violations, unsettled)
    assert (report.verdict, report.exit_code) == (verdict, exit_code)


def test_json_has_all_fields() -> None:
    assert json.loads(json.dumps(make_report((VIOLATION,)).to_json())) == {
        "verdict": "violated",
        "topic": "tweets",
        "topic_id": "id",
        "lag": None,
        "partitions": [
            {
                "partition": 0,
                "start": 5,
                "end": 9,
                "files": 1,
                "totals": {"rows": 3, "negative": 0, "rejected": 1, "late": 0, "early": 0, "unread": 0},
                "absent": 1,
                "tombstones": 0,
                "lost": [[5, 6]],
                "lag": None,
            }
        ],
        "proven": ["chain"],
        "violations": [{"partition": 0, "offset": 7, "problem": "offset 7 is a row twice"}],
        "unsettled": [],
        "notes": ["a note"],
    }


def test_the_lag_is_that_of_the_whole_topic() -> None:
    part = make_report(()).partitions[0]
    parts = tuple(replace(part, partition=number, lag=lag) for number, lag in enumerate((3, 0, 4)))
    assert replace(make_report(()), partitions=parts).lag == 7
