from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused, Misconfigured
from training.azure.cache import Cache
from training.azure.port import SentimentResult

if TYPE_CHECKING:
    from pathlib import Path

GLAD = SentimentResult("positive", 0.98, 0.01, 0.01, "2022-11-01")
SAD = SentimentResult("negative", 0.02, 0.03, 0.95, "2022-11-01")


def open_cache(path: Path, *, language: str = "en", model_version: str = "latest") -> Cache:
    return Cache(path / "opinions.sqlite3", language=language, model_version=model_version)


def test_results_are_there_after_reopening(tmp_path: Path) -> None:
    with open_cache(tmp_path) as cache:
        assert cache.get("lovely") is None
        cache.put({"lovely": GLAD, "héllo \U0001f600": SAD})
    with open_cache(tmp_path) as cache:
        assert (cache.get("lovely"), cache.get("héllo \U0001f600"), cache.get("Lovely")) == (GLAD, SAD, None)


@pytest.mark.parametrize("other", [{"language": "fr"}, {"model_version": "2022-11-01"}])
def test_a_result_belongs_to_its_language_and_model(tmp_path: Path, other: dict[str, str]) -> None:
    with open_cache(tmp_path) as cache:
        cache.put({"lovely": GLAD})
    with open_cache(tmp_path, **other) as cache:
        assert cache.get("lovely") is None


def test_the_first_result_of_a_text_stays(tmp_path: Path) -> None:
    with open_cache(tmp_path) as cache:
        cache.put({"lovely": GLAD})
        cache.put({"lovely": SAD, "awful": SAD})
        assert (cache.get("lovely"), cache.get("awful")) == (GLAD, SAD)


def test_no_text_is_on_disk(tmp_path: Path) -> None:
    with open_cache(tmp_path) as cache:
        cache.put({"what a secret": GLAD})
    assert all(b"secret" not in file.read_bytes() for file in tmp_path.iterdir())


def test_two_processes_cannot_open_the_file(tmp_path: Path) -> None:
    with (
        open_cache(tmp_path),
        pytest.raises(Misconfigured, match=r"opinions\.sqlite3: another run has it open"),
    ):
        open_cache(tmp_path)
    open_cache(tmp_path).__exit__(None, None, None)


def test_results_survive_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys\n"
        "from training.azure.cache import Cache\n"
        "from training.azure.port import SentimentResult\n"
        "cache = Cache(pathlib.Path(sys.argv[1]) / 'opinions.sqlite3', language='en', model_version='latest')\n"
        "cache.put({'lovely': SentimentResult('positive', 0.98, 0.01, 0.01, '2022-11-01')})\n"
        "cache._database.execute('INSERT INTO opinion VALUES (x\\'00\\', \\'\\', 0, 0, 0, \\'\\')')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)  # noqa: S603 - our own script
    assert killed.returncode == -9
    with open_cache(tmp_path) as cache:
        assert cache.get("lovely") == GLAD
        assert cache._database.execute("SELECT count(*) FROM opinion").fetchone() == (1,)


@pytest.mark.parametrize(
    "content", [b"something else, of many bytes" * 100, b"SQLite format 3\0 but no more"]
)
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "opinions.sqlite3"
    path.write_bytes(content)
    with pytest.raises(DataRefused, match="was not written by badbuzz"):
        open_cache(tmp_path)
    assert path.read_bytes() == content


def test_another_database_is_refused(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "opinions.sqlite3")
    database.execute("CREATE TABLE opinion (mine TEXT)")
    database.close()
    with pytest.raises(DataRefused, match="was not written by badbuzz"):
        open_cache(tmp_path)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere.opinions\.sqlite3"):
        open_cache(tmp_path / "nowhere")


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    with open_cache(tmp_path) as cache:
        cache._database.execute("PRAGMA max_page_count = 3")
        with pytest.raises(Misconfigured, match="full"):
            cache.put({f"tweet {number}": GLAD for number in range(1_000)})
        assert cache.get("tweet 0") is None
