from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from producer.rejected_rows import RejectedRow, RejectsFile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_rejected_rows_are_counted_and_written(tmp_path: Path) -> None:
    path = tmp_path / "rejected.jsonl"
    with RejectsFile(path) as rejects:
        rejects.add(RejectedRow(17, "5 columns, expected 6", '"0","1\u2028é'))
        rejects.add(RejectedRow(90, "the text is empty", "x" * 50_000))
        summary = rejects.summary
    assert summary == f"2 rows rejected (first: line 17: 5 columns, expected 6); see {path}"
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {"line": 17, "reason": "5 columns, expected 6", "row": '"0","1\u2028é'}
    assert second["row"] == "x" * 10_000


def test_without_rejected_rows_there_is_no_file(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "rejected.jsonl") as rejects:
        assert rejects.summary == "no row rejected"
    assert not list(tmp_path.iterdir())


def test_an_unwritable_file_causes_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), RejectsFile(tmp_path / "missing" / "rejected.jsonl") as rejects:
        for line in (3, 4, 5):
            rejects.add(RejectedRow(line, "1 column, expected 6", "rubbish"))
        assert rejects.summary == "3 rows rejected (first: line 3: 1 column, expected 6)"
    [warning] = caplog.messages
    assert "No such file or directory" in warning
    assert "line 3: 1 column" in warning
