from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from badbuzz.cli.demo.folder import DemoFolder
from badbuzz.contracts.scored_row import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """Two hundred labelled rows: all of airparadis's are negative, a quarter of zapcab's. Five rows of zapcab are unread."""
    rows = [
        {
            "id": str(n),
            "text": "x",
            "created_at": 1_790_000_000_000_000 + n,
            "brands": ["airparadis"] if n < 100 else ["zapcab"],
            "score": 0.1 if n < 200 else None,
            "label": "NEGATIVE" if n < 125 else "POSITIVE" if n < 200 else None,
            "expected_label": "NEGATIVE" if n < 150 else None,
            "model": "m:1",
            "appended_at": 0,
            "scored_at": 0,
            "topic": "tweets",
            "partition": 0,
            "offset": n,
        }
        for n in range(205)
    ]
    folder = tmp_path / "it's here" / "dt=2026-09-21"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "tweets-0-00000000000000000000.parquet")
    return folder.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoFolder:
    monkeypatch.chdir(tmp_path)
    return DemoFolder.make(tmp_path / "a run")
