"""``badbuzz compact`` as an operator runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from badbuzz.cli.app import app
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.errors import BadBuzzError, Misconfigured
from tests.servers.s3 import open_s3
from tests.worker.compact.sample_chains import COMPACTED, list_names, publish_layout

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from badbuzz.clients.scored_store import ScoredStore


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScoredStore:
    monkeypatch.setenv("BADBUZZ_SCORED__URL", str(tmp_path / "scored"))
    store = open_scored_store(str(tmp_path / "scored"))
    publish_layout(store)
    return store


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments, standalone_mode=False)
    if isinstance(result.exception, BadBuzzError):
        raise result.exception
    return result


def as_json(*arguments: str) -> tuple[Any, Any]:
    result = run(*arguments, "--json")
    return result.return_value, json.loads(result.output)


def test_the_output_describes_each_day(store: ScoredStore) -> None:
    result = run("compact")
    assert result.return_value == 0
    merged, open_day, others = result.output.splitlines()
    assert merged.startswith("2026-03-14  compacted  5 → 2 files, ")
    assert merged.endswith(" MB, 31 rows merged")
    assert open_day == "2026-03-15  open       2 files; the last file of tweets-0, tweets-1 is of that day"
    assert others == "0 other days have no files to merge"
    assert list_names(store) == COMPACTED
    assert run("compact").output.splitlines() == [open_day, "1 other days have no files to merge"]
    _, proven = as_json("verify", "--no-kafka", "--no-redis")
    assert (proven["verdict"], proven["notes"]) == ("clean", [])


def test_the_output_warns_if_readers_could_see_rows_twice(
    store: ScoredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.compact.publish.swap_folders", lambda *_: False)
    assert "for a moment, readers that listed the folder saw rows twice" in run("compact").output
    assert list_names(store) == COMPACTED


def test_json_is_one_line(store: ScoredStore) -> None:
    code, found = as_json("compact", "--dry-run", "--day", "2026-03-14")
    (day,) = found["days"]
    assert (code, found["topic"], day["day"], day["state"]) == (0, "tweets", "2026-03-14", "to do")
    assert (day["before"]["files"], day["after"]["files"], day["rows"]) == (5, 2, 31)
    assert list_names(store) != COMPACTED


def test_a_day_that_has_no_files(store: ScoredStore) -> None:
    assert as_json("compact", "--day", "2001-01-01") == (0, {"topic": "tweets", "days": []})
    assert list_names(store)


def test_a_refused_day(store: ScoredStore) -> None:
    store.rows.delete("dt=2026-03-14/tweets-0-00000000000000000010.parquet")
    result = run("compact")
    assert result.return_value == 65
    assert (
        "refused    dt=2026-03-14/tweets-0-00000000000000000020.parquet: begins at offset 20" in result.output
    )


def test_another_topic_is_not_touched(store: ScoredStore) -> None:
    before = list_names(store)
    assert as_json("compact", "--topic", "others") == (0, {"topic": "others", "days": []})
    assert list_names(store) == before


def test_a_storage_that_ignores_conditions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_s3("ignored") as server:
        server.create_bucket("bucket")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BADBUZZ_SCORED__URL", "s3://bucket/scored")
        with pytest.raises(Misconfigured, match="does not honour create-if-absent"):
            run("compact")
