"""A broken internal file is a violation that names its path and what it stops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.scored_row import Totals
from tests.worker.chain.segments import NOON, TOPIC, TOPIC_ID
from tests.worker.compact.sample_chains import publish_layout, run_compaction
from worker.chain.internal.agreed_day import AgreedDay, build_day_path
from worker.chain.internal.identity import IDENTITY_PATH, claim_identity
from worker.chain.internal.redis_identity import build_redis_identity_path, record_redis
from worker.chain.internal.stored_plan import CompactionPlan, MergeGroup, build_plan_path, claim_plan
from worker.chain.internal.topic_record import TopicRecord, build_topic_record_path, claim_topic_record
from worker.verify.verification import Verification

if TYPE_CHECKING:
    from badbuzz.clients.scored_store import ScoredStore
    from worker.verify.report import VerificationReport

DAY = NOON.date()
ORIGIN = f"{TOPIC}-0.json"
RECORD = build_topic_record_path(TOPIC)
REDIS = build_redis_identity_path(TOPIC, 2)
PLAN = build_plan_path(TOPIC, DAY)
PUBLISHED_DAY = build_day_path(TOPIC, 0, 10)
NEXT_DAY = build_day_path(TOPIC, 0, 1_000)
PATHS = [ORIGIN, RECORD, IDENTITY_PATH, REDIS, PLAN, PUBLISHED_DAY, NEXT_DAY]


@pytest.fixture
def store() -> ScoredStore:
    """Chains with every kind of internal file. Compaction has planned ``DAY``."""
    store = open_scored_store("memory://")
    publish_layout(store)
    claim_topic_record(store, TopicRecord(topic=TOPIC, topic_id=TOPIC_ID, partitions=2))
    claim_identity(store)
    for number, name in ((1, "0"), (2, "f")):
        record_redis(store.internal, TOPIC, number, name * 32)
    for offset in (10, 1_000):
        day = AgreedDay(topic=TOPIC, partition=0, first_offset=offset, day=DAY)
        store.internal.put(build_day_path(TOPIC, 0, offset), day.model_dump_json().encode())
    run_compaction(store)
    return store


def verify(store: ScoredStore) -> VerificationReport:
    return Verification(store, TOPIC, None, None).run(deep=False, complete=False)


def find_problems(store: ScoredStore) -> list[str]:
    report = verify(store)
    assert report.exit_code == (65 if report.violations else 0)
    return [violation.problem for violation in report.violations]


def change(store: ScoredStore, path: str, **fields: Any) -> None:
    content = json.loads(bytes(store.internal.get(path).bytes()))
    store.internal.put(path, json.dumps(content | fields).encode())


def list_paths(store: ScoredStore) -> set[str]:
    return {entry["path"] for chunk in store.internal.list() for entry in chunk}


def test_sound_files_are_clean(store: ScoredStore) -> None:
    assert set(PATHS) <= list_paths(store)
    assert find_problems(store) == []


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff\x00"])
@pytest.mark.parametrize("path", PATHS)
def test_an_unreadable_file(store: ScoredStore, path: str, content: bytes) -> None:
    store.internal.put(path, content)
    (problem,) = find_problems(store)
    assert problem.startswith(f"internal file {path}: unreadable: ")
    assert "; restore it from a backup. Until then " in problem


@pytest.mark.parametrize(
    ("path", "effect"),
    [
        (ORIGIN, "no worker can start, and `badbuzz compact` stops"),
        (RECORD, "no worker can start"),
        (IDENTITY_PATH, "no worker can start"),
        (REDIS, "no worker can start, and running workers end"),
        (PLAN, "`badbuzz compact` refuses this day"),
        (NEXT_DAY, "a worker that publishes from this offset ends"),
    ],
)
def test_the_effect_is_named(store: ScoredStore, path: str, effect: str) -> None:
    store.internal.put(path, b"{")
    (problem,) = find_problems(store)
    assert problem.endswith(f" Until then {effect}")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (ORIGIN, {"topic": "other"}),
        (ORIGIN, {"partition": 1}),
        (ORIGIN, {"start_offset": -1}),
        (RECORD, {"topic": "other"}),
        (RECORD, {"topic_id": "other"}),
        (RECORD, {"partitions": 0}),
        (IDENTITY_PATH, {"id": "g" * 32}),
        (IDENTITY_PATH, {"id": ""}),
        (REDIS, {"redis": "f" * 31}),
        (PLAN, {"topic": "other"}),
        (PLAN, {"day": "2026-03-15"}),
        (NEXT_DAY, {"topic": "other"}),
        (NEXT_DAY, {"partition": 1}),
        (NEXT_DAY, {"first_offset": 1_001}),
        (PUBLISHED_DAY, {"day": "2026-03-15"}),
        (PUBLISHED_DAY, {"day": "2026-03-13"}),
    ],
)
def test_a_readable_file_with_a_wrong_value(store: ScoredStore, path: str, fields: dict[str, Any]) -> None:
    change(store, path, **fields)
    problems = find_problems(store)
    assert problems
    assert all("internal file " in problem for problem in problems)
    assert any(path in problem for problem in problems)


@pytest.mark.parametrize("is_merged", [False, True])
def test_an_agreed_day_that_contradicts_the_file(*, is_merged: bool) -> None:
    store = open_scored_store("memory://")
    publish_layout(store)
    if is_merged:
        run_compaction(store)
    for day, is_right in ((DAY, True), (DAY.replace(day=15), False)):
        content = AgreedDay(topic=TOPIC, partition=0, first_offset=10, day=day).model_dump_json()
        store.internal.put(PUBLISHED_DAY, content.encode())
        report = verify(store)
        assert (report.exit_code == 0) is is_right
    (violation,) = report.violations
    assert (violation.partition, violation.offset) == (0, 10)
    assert (
        f"{PUBLISHED_DAY}: says 2026-03-15, but the file that begins there is of 2026-03-14"
        in violation.problem
    )


def test_a_plan_whose_files_are_neither_merged_nor_there() -> None:
    store = open_scored_store("memory://")
    publish_layout(store)
    group = MergeGroup(
        partition=0,
        topic_id=TOPIC_ID,
        first_offset=0,
        end_offset=20,
        before=Totals(),
        after=Totals(),
        files=("dt=2026-03-14/tweets-0-00000000000000000009.parquet",),
    )
    claim_plan(store, CompactionPlan(topic=TOPIC, day=DAY, groups=(group,)))
    (problem,) = find_problems(store)
    assert f"{PLAN}: neither the merged file nor {group.files[0]} is there" in problem


def test_a_broken_file_does_not_hide_the_others(store: ScoredStore) -> None:
    for path in PATHS:
        store.internal.put(path, b"{")
    problems = find_problems(store)
    assert {problem.split(": ")[0] for problem in problems} == {f"internal file {path}" for path in PATHS}


def test_the_chains_are_proven_beside_a_broken_file_of_another_kind(store: ScoredStore) -> None:
    store.internal.put(IDENTITY_PATH, b"{")
    assert verify(store).proven[0].startswith("chain: every offset once")
    store.internal.put(ORIGIN, b"{")
    report = verify(store)
    assert report.proven == ()
    assert 0 not in {partition.partition for partition in report.partitions}


def test_files_of_other_topics_are_left_out(store: ScoredStore) -> None:
    for path in (
        f"{TOPIC}-0-0.json",
        "other.topic.json",
        build_redis_identity_path("other", 1),
        build_plan_path(f"{TOPIC}-0", DAY),
        build_day_path(f"{TOPIC}-0", 0, 10),
        f"compactions/{TOPIC}/notes.json",
    ):
        store.internal.put(path, b"{")
    assert find_problems(store) == []


def test_a_broken_plan_of_the_older_layout(store: ScoredStore) -> None:
    path = build_plan_path(TOPIC, DAY.replace(day=1))
    store.rows.put(f"_chain/{path}", b"{")
    (problem,) = find_problems(store)
    assert f"_chain/{path}: unreadable" in problem
