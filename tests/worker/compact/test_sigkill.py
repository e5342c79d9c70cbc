"""The real command on a real folder: killed with SIGKILL while analysts keep reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.dataset as ds
import pytest

from badbuzz.clients.scored_store import open_scored_store
from tests.worker.compact.sample_chains import NEXT, FileLayout, list_names, publish_layout, run_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPOSITORY_ROOT = Path(__file__).parents[3]
FILES = 30
ROWS_A_FILE = 25
PATIENCE_S = 600.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two partitions whose first day has many small files."""
    layout = [
        FileLayout(partition, first, first + ROWS_A_FILE)
        for first in range(0, FILES * ROWS_A_FILE, ROWS_A_FILE)
        for partition in (0, 1)
    ]
    end = FILES * ROWS_A_FILE
    layout += [FileLayout(partition, end, end + ROWS_A_FILE, at=NEXT) for partition in (0, 1)]
    publish_layout(open_scored_store(str(tmp_path / "scored")), tuple(layout))
    return tmp_path / "scored"


ROWS = (FILES + 1) * ROWS_A_FILE * 2


@dataclass(slots=True)
class Analyst:
    """Counts the rows repeatedly with an analysis tool."""

    count: Callable[[], tuple[int, int]]
    seen: list[tuple[int, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self.done.wait(0.01):
            try:
                self.seen.append(self.count())
            except (OSError, duckdb.Error) as error:
                self.failures.append(str(error))


@pytest.fixture
def analysts(root: Path) -> Iterator[dict[str, Analyst]]:
    def with_duckdb() -> tuple[int, int]:
        query = f"""SELECT count(*), count(DISTINCT ("partition", "offset")) FROM '{root}/dt=*/*.parquet'"""  # noqa: S608 - ours
        with duckdb.connect() as connection:
            found = connection.execute(query).fetchone()
        assert found
        return found[0], found[1]

    def with_pyarrow() -> tuple[int, int]:
        table = ds.dataset(root, format="parquet", partitioning="hive").to_table(["partition", "offset"])
        return table.num_rows, table.group_by(["partition", "offset"]).aggregate([]).num_rows

    found = {"duckdb": Analyst(with_duckdb), "pyarrow": Analyst(with_pyarrow)}
    threads = [threading.Thread(target=analyst.work) for analyst in found.values()]
    for thread in threads:
        thread.start()
    yield found
    for analyst in found.values():
        analyst.done.set()
    for thread in threads:
        thread.join()


def start(root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "badbuzz", "compact", "--target-mb", "1"]
    environment = os.environ | {"BADBUZZ_SCORED__URL": str(root)}
    return subprocess.Popen(command, cwd=_REPOSITORY_ROOT, env=environment)  # noqa: S603 - ours


def kill_when(process: subprocess.Popen[bytes], moment: Callable[[], bool]) -> bool:
    """Send SIGKILL when ``moment`` returns True. Return False if the process ended before."""
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None:
        assert time.monotonic() < deadline
        with suppress(FileNotFoundError):  # a folder that was cleared away while it was searched
            if moment():
                process.kill()
                break
    return process.wait() == -signal.SIGKILL


def test_killed_at_several_moments_while_analysts_read(root: Path, analysts: dict[str, Analyst]) -> None:
    internal = root.with_name("scored.chain")
    staging = internal / "staging"
    moments = {
        "planned": lambda: any(internal.glob("compactions/tweets/*.json")),
        "merged": lambda: any(staging.glob("compact-*/tweets-1-*")),
        "furnishing": lambda: any(staging.glob("compact-*/dt=*")),
        "exchanged": lambda: any(root.glob("dt=2026-03-14/*_*.parquet")),
    }
    killed = []
    for name, moment in moments.items():
        if kill_when(start(root), moment):
            killed.append(name)
        report = run_verification(open_scored_store(str(root)))
        assert (report.verdict, report.notes) == ("clean", ())
        assert [part.totals.rows for part in report.partitions] == [ROWS // 2] * 2
    assert start(root).wait() == 0
    assert len(list_names(open_scored_store(str(root)))) == 4
    assert list(staging.iterdir()) == []
    assert "merged" in killed
    for analyst in analysts.values():
        last = len(analyst.seen)
        deadline = time.monotonic() + PATIENCE_S
        while len(analyst.seen) <= last + 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert analyst.seen[-1] == (ROWS, ROWS)
        assert [pair for pair in analyst.seen if pair[0] != pair[1]] == [], "rows twice"
    assert set(analysts["duckdb"].seen) == {(ROWS, ROWS)}
