from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from producer.live.state_file import StateFile
from producer.live.stream import EarlierRun, Position

if TYPE_CHECKING:
    from pathlib import Path


HOUR_US = 3_600_000_000


def test_a_position_and_its_tweets_are_stored_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "bluesky.json"
    first = StateFile("bluesky", path)
    assert first.earlier_run == EarlierRun(None, [])
    first.add(Position(17, 15, "a"), "t1")
    first.save(Position(17, 15, "a"))
    first.add(Position(18, 16, "a"), "t2é")
    first.save(Position(18, 16, "a"))
    assert StateFile("bluesky", path).earlier_run == EarlierRun(Position(16, 16, "a"), ["t1", "t2é"])
    assert [file.name for file in tmp_path.iterdir()] == ["bluesky.json"]


def test_tweets_at_an_unchanged_position_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "state"
    first = StateFile("bluesky", path)
    for tweet_id in ("t1", "t2"):
        first.add(Position(17, 17), tweet_id)
        first.save(Position(17, 17))
    assert StateFile("bluesky", path).earlier_run.ids == ["t1", "t2"]


def test_tweets_that_cannot_come_again_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "state"
    first = StateFile("bluesky", path)
    for hour in range(1, 5):
        first.add(Position(hour * HOUR_US, hour * HOUR_US), f"t{hour}")
    first.save(Position(4 * HOUR_US, 3 * HOUR_US))
    assert StateFile("bluesky", path).earlier_run.ids == ["t3", "t4"]


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text('{"source": "bluesky", "cursor": 17}')
    assert StateFile("bluesky", path).earlier_run == EarlierRun(Position(17, 17), [])


def test_without_a_path_nothing_is_stored(tmp_path: Path) -> None:
    state_file = StateFile("bluesky", None)
    state_file.add(Position(17, 17), "t1")
    state_file.save(Position(17, 17))
    assert not list(tmp_path.iterdir())


def test_without_a_position_nothing_is_written(tmp_path: Path) -> None:
    state_file = StateFile("bluesky", tmp_path / "state")
    state_file.add(None, "t1")
    state_file.save(None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a state file"),
        ("{}", "is not a state file"),
        ('{"source": "bluesky", "cursor": "x"}', "is not a state file"),
        ('{"source": "bluesky", "cursor": 1, "ids": [["t1", 1]]}', "is not a state file"),
        ('{"source": "x", "cursor": 1}', "belongs to x, not to bluesky"),
    ],
)
def test_a_foreign_file_is_refused_and_not_changed(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=message):
        StateFile("bluesky", path)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"--state .*missing.*cannot be written: No such file"):
        StateFile("bluesky", tmp_path / "missing" / "state").save(Position(1, 1))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        StateFile("bluesky", tmp_path)
