from __future__ import annotations

from producer.live.stream import RecentIds


def test_recent_ids_are_known_and_old_ids_are_forgotten() -> None:
    recent = RecentIds(3)
    assert [recent.add(tweet_id) for tweet_id in "abcabcda"] == [True] * 3 + [False] * 3 + [True] * 2
