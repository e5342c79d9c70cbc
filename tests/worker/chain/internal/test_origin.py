"""Origins: write-once objects, found by topic and partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.chain.internal.origin import Origin, build_origin_path, claim_origin, read_origin, read_origins

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore


def make_origin(partition: int, start_offset: int, topic: str = "tweets") -> Origin:
    return Origin(topic=topic, topic_id="id", partition=partition, start_offset=start_offset)


def test_the_first_claim_is_stored(store: ScoredStore) -> None:
    assert read_origin(store, "tweets", 3) is None
    assert claim_origin(store, make_origin(3, 100)) == make_origin(3, 100)
    assert claim_origin(store, make_origin(3, 250)) == make_origin(3, 100)
    assert read_origin(store, "tweets", 3) == make_origin(3, 100)


def test_origins_of_other_topics_and_foreign_names_are_ignored(store: ScoredStore) -> None:
    for origin in (make_origin(0, 1), make_origin(11, 2), make_origin(0, 3, "tweets-1")):
        claim_origin(store, origin)
    for name in ("tweets-01.json", "tweets-2.json.bak", "compactions/tweets/2026-03-14.json"):
        store.internal.put(f"{name}", b"{}")
    assert read_origins(store, "tweets") == {0: make_origin(0, 1), 11: make_origin(11, 2)}
    assert read_origins(store, "tweets-1") == {0: make_origin(0, 3, "tweets-1")}


def test_an_empty_store_has_no_origins(store: ScoredStore) -> None:
    assert read_origins(store, "tweets") == {}


def test_the_path_is_part_of_the_format() -> None:
    assert build_origin_path("tweets", 7) == "tweets-7.json"
