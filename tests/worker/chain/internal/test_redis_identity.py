"""The sequence of the identities of Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import DataRefused
from worker.chain.internal.redis_identity import build_redis_identity_path, read_latest_redis, record_redis

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


def test_the_last_identity_counts(store: ScoredStore) -> None:
    assert read_latest_redis(store.internal, "tweets") is None
    assert record_redis(store.internal, "tweets", 1, "a") == "a"
    assert record_redis(store.internal, "tweets", 1, "b") == "a"
    for number in (9, 10):
        record_redis(store.internal, "tweets", number, f"server {number}")
    assert read_latest_redis(store.internal, "tweets") == (10, "server 10")
    assert read_latest_redis(store.internal, "tweets2") is None


def test_only_an_unreadable_last_identity_is_refused(store: ScoredStore) -> None:
    record_redis(store.internal, "tweets", 2, "b")
    store.internal.put(build_redis_identity_path("tweets", 1), b"{")
    store.internal.put("redis/tweets/notes.json", b"{")
    assert read_latest_redis(store.internal, "tweets") == (2, "b")
    store.internal.put(build_redis_identity_path("tweets", 3), b"{")
    with pytest.raises(DataRefused, match=r"redis/tweets/0000000003\.json: unreadable"):
        read_latest_redis(store.internal, "tweets")
