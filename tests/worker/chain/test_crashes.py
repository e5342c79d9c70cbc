"""A local folder while processes die, race and run out of space: readers see whole files only."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import Retry
from tests.worker.chain.segments import TOPIC, TOPIC_ID, make_segment
from worker.chain.stored_chain import StoredChain

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPOSITORY_ROOT = Path(__file__).parents[3]
_CHAIN = f"""
import os, resource, signal, sys
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import Retry
from tests.worker.chain.segments import make_segment
from worker.chain.stored_chain import StoredChain
chain = StoredChain(open_scored_store(sys.argv[1]), {TOPIC!r}, {TOPIC_ID!r})
chain.claim_origin(0, 0)
"""
_DIE_AT = """
def die(*_arguments, **_options):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "scored"


@pytest.fixture
def chain(root: Path) -> StoredChain:
    chain = StoredChain(open_scored_store(str(root)), TOPIC, TOPIC_ID)
    chain.claim_origin(0, 0)
    return chain


def python(code: str, root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CHAIN + code, str(root)]
    return subprocess.Popen(command, cwd=_REPOSITORY_ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


def find_staging(root: Path) -> Path:
    return root.with_name("scored.chain") / "staging"


def list_visible(root: Path) -> Sequence[Path]:
    return sorted(root.glob("**/*.parquet"))


@pytest.mark.parametrize(
    ("moment", "published"),
    [
        ("os.fsync = die", 0),  # written, not safe
        ("import pathlib; pathlib.Path.hardlink_to = die", 0),  # safe, not visible
        ("import pathlib; pathlib.Path.unlink = die", 1),  # visible, not yet known to be
    ],
)
def test_killed_while_publishing(root: Path, moment: str, published: int) -> None:
    with python(f"{_DIE_AT}\n{moment}\nchain.publish(make_segment(0, 5))", root) as process:
        assert process.wait() == -signal.SIGKILL
    assert len(list_visible(root)) == published
    assert [pq.read_metadata(path).num_rows for path in list_visible(root)] == [5] * published
    assert list((find_staging(root)).iterdir())
    survivor = StoredChain(open_scored_store(str(root)), TOPIC, TOPIC_ID)
    end = survivor.find_ends([0])[0]
    assert end is not None
    assert end.end_offset == 5 * published
    assert survivor.publish(make_segment(end.end_offset, end.end_offset + 3, before=end.totals))


def test_processes_that_race_publish_each_segment_once(root: Path, chain: StoredChain) -> None:
    code = "print(sum(chain.publish(make_segment(n, n + 1)) if (chain.find_ends([0]) or 1) else 0 for n in range(40)))"
    rivals = [python(code, root) for _ in range(2)]
    wins = [int(rival.communicate()[0]) for rival in rivals]
    assert sum(wins) == len(list_visible(root)) == 40
    end = chain.find_ends([0])[0]
    assert end is not None
    assert end.end_offset == 40


def test_readers_never_see_a_part_of_a_file(root: Path, chain: StoredChain) -> None:
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.extend(pq.read_metadata(path).num_rows for path in list_visible(root))

    reader = threading.Thread(target=read)
    reader.start()
    for first in range(0, 4_000, 100):
        assert chain.publish(make_segment(first, first + 100))
    done.set()
    reader.join()
    assert set(seen) == {100}


def test_a_file_over_the_size_limit_is_not_published(root: Path) -> None:
    code = """
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
try:
    chain.publish(make_segment(0, 5_000))
except Retry as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(chain.publish(make_segment(0, 5_000)))
"""
    with python(code, root) as process:
        output, _ = process.communicate()
    refused, published = output.splitlines()
    assert "storage: writing dt=2026-03-14/tweets-0-" in refused
    assert "File too large" in refused
    assert published == "True"
    assert len(list_visible(root)) == 1
    assert list((find_staging(root)).iterdir()) == []


def test_a_full_disk_is_retried(root: Path, chain: StoredChain, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_space)
        with pytest.raises(Retry, match="No space left on device"):
            chain.publish(make_segment(0, 5))
    assert list_visible(root) == []
    assert list((find_staging(root)).iterdir()) == []
    assert chain.publish(make_segment(0, 5))
