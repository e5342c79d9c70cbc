from __future__ import annotations

import itertools
import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from badbuzz.contracts.tweet import Tweet, decode_tweet
from badbuzz.errors import DataRefused
from producer.files.open_file import open_tweet_file
from producer.publisher import MemoryPublisher
from producer.rejected_rows import RejectsFile
from producer.replay.clock import Pace, ReplayClock, all_at_once, fixed_rate
from producer.replay.crisis import Crisis, CrisisPlan
from producer.replay.replay import Replay, ReplaySummary
from tests.producer.files.csv_rows import csv_row, sorted_rows, write_csv
from tests.producer.replay.test_clock import FakeTime

if TYPE_CHECKING:
    from pathlib import Path


class ReplayRun:
    """A replay of ``content`` into memory, in fake time."""

    def __init__(
        self, folder: Path, content: str, *, pace: Pace | None = None, plan: CrisisPlan | None = None
    ) -> None:
        self.stop = FakeTime()
        self.file = open_tweet_file(write_csv(folder / "t.csv", content))
        self.clock = ReplayClock(pace or all_at_once, self.stop, now=self.stop.now)
        self.rejects = RejectsFile(folder / "rejected.jsonl")
        self.publisher = MemoryPublisher()
        self.crisis = None if plan is None else Crisis(plan, self.file, random.Random(0))

    def __call__(self, *, seed: int = 0, loop: bool = False, limit: int | None = None) -> ReplaySummary:
        replay = Replay(
            self.file, self.publisher, self.clock, self.rejects, self.stop, seed, loop, limit, self.crisis
        )
        with self.rejects:
            return replay.run(self.on_sent)

    def on_sent(self, sent: int) -> None:
        """Do nothing. Tests replace this method."""

    @property
    def tweets(self) -> list[Tweet]:
        return [decode_tweet(value) for _, value in self.publisher.records]


def test_every_row_is_sent_once_with_mixed_classes(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, sorted_rows(300, 300))
    assert run().sent == 600
    assert sorted(int(tweet["id"]) for tweet in run.tweets) == list(range(600))
    first_half = Counter(tweet["label"] for tweet in run.tweets[:300])
    assert 100 < first_half[0] < 200


def test_the_same_seed_gives_the_same_replay(tmp_path: Path) -> None:
    orders = []
    for seed in (1, 1, 2):
        run = ReplayRun(tmp_path, sorted_rows(50, 50))
        run(seed=seed)
        orders.append([tweet["id"] for tweet in run.tweets])
    assert orders[0] == orders[1] != orders[2]


def test_dates_are_current_and_ascending(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    run = ReplayRun(tmp_path, sorted_rows(20, 20), pace=fixed_rate(4))
    run()
    dates = [date for tweet in run.tweets if (date := tweet["created_at"])]
    assert before <= dates[0] <= before + timedelta(minutes=1)
    assert {later - earlier for earlier, later in itertools.pairwise(dates)} == {timedelta(seconds=0.25)}


def test_repeated_rows_have_new_ids(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, sorted_rows(3, 2))
    assert run(loop=True, limit=13).sent == 13
    ids = [tweet["id"] for tweet in run.tweets]
    assert len(set(ids)) == 13
    assert sorted(ids[5:10]) == ["0-2", "1-2", "2-2", "3-2", "4-2"]
    assert all(tweet_id.endswith("-3") for tweet_id in ids[10:])


def test_a_crisis_adds_tweets_during_its_time(tmp_path: Path) -> None:
    plan = CrisisPlan("@airparadis", at_s=10, for_s=20, share=0.5)
    run = ReplayRun(tmp_path, sorted_rows(300, 300), pace=fixed_rate(10), plan=plan)
    summary = run()
    crisis_tweets = [number for number, tweet in enumerate(run.tweets) if "@airparadis" in tweet["text"]]
    assert summary.in_crisis == len(crisis_tweets)
    assert summary.sent == 600 + len(crisis_tweets)
    assert 100 <= crisis_tweets[0] < crisis_tweets[-1] < 300
    assert 60 < len(crisis_tweets) < 140
    assert len({tweet["id"] for tweet in run.tweets}) == summary.sent


def test_a_stop_ends_the_replay_and_delivers_what_was_sent(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, sorted_rows(50, 50))
    run.on_sent = lambda sent: run.stop.set() if sent == 30 else None  # type: ignore[method-assign] # a hook
    assert run(loop=True).sent == 30
    assert len(run.publisher.records) == 30


def test_a_stop_during_a_wait_sends_nothing_more(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, sorted_rows(5, 5))
    stop = threading.Event()
    stop.set()
    replay = Replay(run.file, run.publisher, ReplayClock(fixed_rate(0.001), stop), run.rejects, stop)
    assert replay.run().sent == 0


MALFORMED = '"0","1","d","q","five"\n' + csv_row(2, "fine") + "rubbish\n"


def test_malformed_rows_are_counted_once_when_the_file_repeats(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, MALFORMED)
    assert run(loop=True, limit=5).sent == 5
    assert run.rejects.count == 2
    entries = map(json.loads, (tmp_path / "rejected.jsonl").read_text().splitlines())
    assert sorted((entry["line"], entry["row"]) for entry in entries) == [
        (1, '"0","1","d","q","five"'),
        (3, "rubbish"),
    ]


def test_a_file_of_malformed_rows_is_refused_even_with_loop(tmp_path: Path) -> None:
    run = ReplayRun(tmp_path, "a;b;c\n" * 4)
    with pytest.raises(DataRefused, match="no row can be replayed: 4 rows rejected"):
        run(loop=True)
    assert not run.tweets
