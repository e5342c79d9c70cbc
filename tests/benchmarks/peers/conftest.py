from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.peers.job import Job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("127.0.0.1:9092", "tweets", 7, Path("model"), tmp_path / "run-1", "redis://127.0.0.1:6379/3")
