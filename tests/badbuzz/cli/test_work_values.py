"""``badbuzz work`` on values as the world sends them, on a real broker: tombstones, compaction, other formats, unread tweets."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from kafka import KafkaProducer

from tests.worker.system import PARTITIONS, System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

pytestmark = pytest.mark.apache_kafka

TIMEOUT_S = 90
KEYS = 4


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


def tweet(number: int, text: str = "late again", **fields: object) -> bytes:
    return json.dumps({"id": str(number), "text": text} | fields).encode()


def drain(system: System, **settings: str) -> None:
    done = system.run("work", "--until-drained", "--health-port", "0", **settings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def verify_deep(system: System) -> dict[str, Any]:
    done = system.run("verify", "--deep", "--complete", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def sum_of(report: dict[str, Any], field: str) -> int:
    return sum(part.get(field, part["totals"].get(field)) for part in report["partitions"])


def test_a_topic_that_is_mostly_tombstones_is_drained(system: System) -> None:
    """Sixty percent of the records have no value, which would be too many bad records."""
    values = [tweet(number) if number % 5 < 2 else None for number in range(1_000)]
    system.produce(values)
    drain(system, BADBUZZ_BATCH__BAD_WINDOW="100")
    report = verify_deep(system)
    assert [sum_of(report, name) for name in ("rows", "rejected", "tombstones", "absent")] == [
        400,
        0,
        600,
        600,
    ]
    assert system.dead_letters() == set()


def test_tombstones_may_be_dead_letters(system: System) -> None:
    sent = system.produce([tweet(0), None, tweet(2), None])
    drain(system, BADBUZZ_KAFKA__TOMBSTONES="dead-letter")
    assert [sum_of(verify_deep(system), name) for name in ("rows", "rejected", "tombstones")] == [2, 2, 0]
    assert system.dead_letters() == {sent[1], sent[3]}


def test_restarts_send_no_dead_letter_twice(system: System) -> None:
    """A broken producer stops the worker at each start, with a bounded number of letters in all."""
    system.produce([b"not a tweet"] * 1_000)
    sizes = []
    for _ in range(4):
        done = system.run(
            *("work", "--until-drained", "--health-port", "0"),
            BADBUZZ_BATCH__RECORDS="20",
            BADBUZZ_BATCH__BAD_WINDOW="100",
        )
        assert done.returncode == 65, done.stderr
        assert "BADBUZZ_BATCH__BAD_RATIO" in done.stderr
        letters = system.list_dead_letters()
        assert len(letters) == len(set(letters)), "a letter was sent again"
        sizes.append(len(letters))
    assert 0 < sizes[0] <= sizes[-1] < 200
    assert sizes[-1] == sizes[-2], "the limit is remembered"


def test_other_forms_of_tweets_are_scored(system: System) -> None:
    good = [
        tweet(0, "late", created_at="2026-03-14T12:00:00Z"),
        b'{"id": 1, "text": "late"}',
        b'{"id_str": "2", "full_text": "late"}',
        b'{"id": "3", "text": "late", "created_at": "Wed Oct 10 20:19:24 +0000 2018"}',
        b'{"id": "4", "text": "late", "created_at": 1539202764000}',
        rb'{"id": "5", "text": "late \ud83d"}',
        b'\xef\xbb\xbf{"id": "6", "text": "late"}',
    ]
    system.produce([*good, b"\0\0\0\0\x07\x02a", tweet(8).decode().encode("utf-16")])
    drain(system)
    assert [sum_of(verify_deep(system), name) for name in ("rows", "rejected")] == [len(good), 2]
    rows = {row["id"]: row for row in system.rows().to_pylist()}
    assert sorted(rows) == [str(number) for number in range(len(good))]
    assert rows["5"]["text"] == "late \ufffd"
    assert rows["3"]["created_at"] == rows["4"]["created_at"]
    shown = system.run("dlq", "show").stdout
    assert "an Avro value of a schema registry: magic byte 0, schema id 7" in " ".join(shown.split())


def test_unread_tweets_are_counted_apart(system: System) -> None:
    """Angry emoji that name a brand are no positive tweets."""
    system.produce([tweet(n, "@them 😡😡😡 https://a.example") for n in range(50)] + [tweet(50), tweet(51)])
    drain(system)
    report = verify_deep(system)
    assert [sum_of(report, name) for name in ("rows", "unread")] == [52, 50]
    labels = system.rows()["label"].to_pylist()
    assert labels.count(None) == 50
    (rate,) = json.loads(system.run("rates", "all", "--window", "300", "--json").stdout)["rates"]
    assert (rate["tweets"], rate["unread"]) == (2, 50)


@pytest.mark.slow
def test_a_topic_that_was_compacted_after_it_was_scored_is_clean(
    kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path
) -> None:
    name = new_topic(
        PARTITIONS,
        cleanup_policy="compact",
        segment_ms="100",
        min_cleanable_dirty_ratio="0.01",
        delete_retention_ms="0",
        max_compaction_lag_ms="500",
    )
    system = System(kafka, name, new_topic(1), redis_url, tmp_path)

    def send(number: int, value: bytes | None) -> None:
        with KafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
            producer.send(name, value, key=f"key {number % KEYS}".encode(), partition=0).get(TIMEOUT_S)

    for number in range(KEYS):
        send(number, tweet(number))
    send(KEYS, None)
    drain(system)
    assert sum_of(verify_deep(system), "rows") == KEYS
    deadline = time.monotonic() + TIMEOUT_S
    number = KEYS
    while not (report := verify_deep(system))["notes"]:
        assert time.monotonic() < deadline, "Kafka has not compacted the topic"
        time.sleep(0.2)  # so that the next record begins a segment: the active one is never cleaned
        send(number, tweet(number))
        drain(system)
        number += 1
    assert "the topic is compacted" in report["notes"][0]
    assert report["verdict"] == "clean"
    assert sum_of(report, "rows") == number
