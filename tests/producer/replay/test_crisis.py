from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import Usage
from producer.files.open_file import open_tweet_file
from producer.replay.crisis import Crisis, CrisisPlan, add_mention
from tests.producer.files.csv_rows import csv_row, sorted_rows, write_csv

if TYPE_CHECKING:
    from pathlib import Path

PLAN = CrisisPlan("@airparadis", at_s=30, for_s=60, share=0.8)


def crisis_from(path: Path, content: str, plan: CrisisPlan = PLAN) -> Crisis:
    return Crisis(plan, open_tweet_file(write_csv(path / "t.csv", content)), random.Random(0))


def test_a_crisis_is_active_from_its_start_for_its_duration() -> None:
    assert [PLAN.is_active(elapsed) for elapsed in (0, 29.9, 30, 89.9, 90)] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_the_share_of_all_tweets_is_drawn(tmp_path: Path) -> None:
    crisis = crisis_from(tmp_path, sorted_rows(4, 4))
    drawn = sum(crisis.draw(31) for _ in range(5_000))
    assert 0.77 < drawn / 5_000 < 0.83  # five standard deviations
    assert not any(crisis.draw(29) for _ in range(100))


def test_tweets_are_negative_mention_the_brand_and_have_new_ids(tmp_path: Path) -> None:
    crisis = crisis_from(tmp_path, sorted_rows(4, 4))
    tweets = [crisis.next_tweet() for _ in range(10)]
    assert {tweet["label"] for tweet in tweets} == {0}
    assert all("@airparadis" in tweet["text"] for tweet in tweets)
    assert len({tweet["id"] for tweet in tweets}) == 10


def test_tweets_start_in_the_middle_of_the_negative_rows(tmp_path: Path) -> None:
    crisis = crisis_from(tmp_path, sorted_rows(4, 0))
    originals = [crisis.next_tweet()["id"].split("-")[0] for _ in range(7)]
    assert originals == ["2", "3", "0", "1", "2", "3", "0"]


def test_malformed_rows_are_skipped(tmp_path: Path) -> None:
    crisis = crisis_from(tmp_path, csv_row(1, "fine") + '"0","2","d","q","five"\n')
    assert [crisis.next_tweet()["id"] for _ in range(2)] == ["1-crisis-1", "1-crisis-2"]


def test_without_negative_rows_there_is_no_crisis(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="@airparadis needs rows that are labelled negative"):
        crisis_from(tmp_path, sorted_rows(0, 3))


def test_unreadable_negative_rows_are_reported(tmp_path: Path) -> None:
    crisis = crisis_from(tmp_path, '"0","2","d","q","five"\n' * 3)
    with pytest.raises(Usage, match="none in the file can be read"):
        crisis.next_tweet()


def test_a_reply_becomes_a_reply_to_the_brand() -> None:
    assert (
        add_mention("@old_friend you lost my bag", "@airparadis", random.Random(0))
        == "@airparadis you lost my bag"
    )


@given(st.text(), st.integers())
def test_a_mention_does_not_change_the_text(text: str, seed: int) -> None:
    mentioning = add_mention(text, "air paradis", random.Random(seed))
    assert "air paradis" in mentioning
    if not text.startswith("@"):
        assert text.strip() in mentioning
