"""``badbuzz verify`` as an operator runs it, against real servers with content written by the tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import redis
from click.testing import CliRunner
from kafka import KafkaProducer

from badbuzz.cli.app import app
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import Buckets, CounterUpdate, build_applied_key
from badbuzz.contracts.scored_row import OffsetRange, Totals
from badbuzz.contracts.tweet import encode_tweet
from badbuzz.errors import BadBuzzError, DependencyDown, Misconfigured
from badbuzz.settings import KafkaSettings
from tests.worker.chain.segments import make_segment
from worker.chain.stored_chain import StoredChain
from worker.counters.redis_sink import RedisCounters
from worker.counters.tally import tally_rows
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from benchmarks.servers.broker import Broker

BUCKETS = Buckets()
RECORDS = 20
BAD = 6


@pytest.fixture
def settings(  # noqa: PLR0913, PLR0917 - one fixture for each server
    kafka: Broker,
    topic: str,
    new_topic: Callable[..., str],
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> KafkaSettings:
    found = KafkaSettings(bootstrap=kafka.bootstrap, topic=topic, dead_letter_topic=new_topic(1))
    for name, value in {
        "KAFKA__BOOTSTRAP": found.bootstrap,
        "KAFKA__TOPIC": found.topic,
        "KAFKA__DEAD_LETTER_TOPIC": found.dead_letter_topic,
        "REDIS__URL": redis_url,
        "SCORED__URL": str(tmp_path / "scored"),
    }.items():
        monkeypatch.setenv(f"BADBUZZ_{name}", value)
    return found


@pytest.fixture
def scored(settings: KafkaSettings, redis_url: str, tmp_path: Path) -> Path:
    """Partition 0 has twenty records, the seventh of which is bad. All are scored and counted."""
    topic = settings.topic
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        for offset in range(RECORDS):
            value = (
                b"no tweet" if offset == BAD else encode_tweet({"id": f"0:{offset}", "text": f"row {offset}"})
            )
            producer.send(topic, value, partition=0)
        told = {"topic": topic, "partition": "0", "offset": str(BAD)}
        headers = [(f"__connect.errors.{name}", value.encode()) for name, value in told.items()]
        producer.send(settings.dead_letter_topic, b"no tweet", headers=headers)
        producer.flush()

    topic_id = describe_topic(settings, topic).id
    chain = StoredChain(open_scored_store(str(tmp_path / "scored")), topic, topic_id)
    chain.claim_origin(0, 0)
    rejected = OffsetRange(start=BAD, end=BAD + 1)
    recent = datetime.now(UTC) - timedelta(minutes=3)
    published = make_segment(0, RECORDS, topic=topic, at=recent, rejected=[rejected])
    assert chain.publish(published)

    tallies, totals = tally_rows(published.table, BUCKETS)
    totals += Totals(rejected=1)
    with redis.Redis.from_url(redis_url) as client:
        counters = RedisCounters(client, topic)
        counters.open(topic_id, BUCKETS, partitions=3)
        counters.take_over([0])
        counters.apply([CounterUpdate(0, None, RECORDS, settled=RECORDS, tallies=tallies, totals=totals)])
    return tmp_path / "scored"


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["verify", *options], standalone_mode=False)


def report(*options: str) -> tuple[int, dict[str, Any]]:
    result = run("--json", *options)
    assert result.exception is None, result.exception
    (line,) = result.output.splitlines()
    return result.return_value, json.loads(line)


@pytest.mark.usefixtures("scored")
def test_a_drained_topic_is_clean() -> None:
    code, found = report("--deep", "--complete")
    assert (code, found["verdict"]) == (0, "clean")
    assert found["violations"] == found["unsettled"] == []
    assert [proof.partition(":")[0] for proof in found["proven"]] == [
        "chain",
        "files",
        "topic",
        "counters",
        "counters",
    ]
    first = found["partitions"][0]
    assert (first["start"], first["end"], first["totals"]["rows"], first["lag"]) == (
        0,
        RECORDS,
        RECORDS - 1,
        0,
    )


@pytest.mark.usefixtures("scored")
def test_the_default_output_is_a_table() -> None:
    result = run()
    assert result.return_value == 0
    assert ["0", "0", "20", "1", "19", "1", "0", "0"] in [line.split() for line in result.output.splitlines()]
    assert "verdict     clean" in result.output


@pytest.mark.usefixtures("scored")
def test_waiting_records_are_lag_unless_complete_is_given(settings: KafkaSettings) -> None:
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        producer.send(settings.topic, b"{}", partition=0)
    code, found = report()
    assert (code, found["partitions"][0]["lag"]) == (0, 1)
    code, found = report("--complete")
    assert (code, found["unsettled"]) == (75, ["partition 0: not complete, records wait to be scored"])


@pytest.mark.usefixtures("scored")
def test_records_in_a_partition_that_no_worker_has_begun_are_unsettled(settings: KafkaSettings) -> None:
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        for _ in range(3):
            producer.send(settings.topic, b"{}", partition=2)
    code, found = report()
    assert (code, found["verdict"], found["lag"]) == (75, "unsettled", 3)
    assert [line.partition(",")[0] for line in found["unsettled"]] == [
        "partition 2: has records and no chain"
    ]
    assert [(part["partition"], part["lag"]) for part in found["partitions"]] == [(0, 0), (1, 0), (2, 3)]
    assert "lag         3" in run().output


def test_a_later_partition_whose_records_were_skipped_is_a_violation(
    settings: KafkaSettings, scored: Path
) -> None:
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        for _ in range(3):
            producer.send(settings.topic, b"{}", partition=2)
    chain = StoredChain(
        open_scored_store(str(scored)), settings.topic, describe_topic(settings, settings.topic).id
    )
    assert chain.record_partitions(3) == 1, "only partition 0 was known when older versions began"
    chain.claim_origin(2, 2)
    code, found = report("--no-redis")
    assert (code, [(v["partition"], v["offset"]) for v in found["violations"]]) == (65, [(2, 0)])
    assert "the partition was added after the topic was known" in found["violations"][0]["problem"]


def test_the_first_wrong_offset_is_named(scored: Path) -> None:
    (file,) = scored.glob("dt=*/*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    result = run()
    assert result.return_value == 65
    assert "VIOLATION" in result.output
    assert "-0 at offset 0: " in result.output


@pytest.mark.usefixtures("scored")
def test_a_dead_letter_of_a_row_is_named(settings: KafkaSettings) -> None:
    told = {"topic": settings.topic, "partition": "0", "offset": "9"}
    headers = [(f"__connect.errors.{name}", value.encode()) for name, value in told.items()]
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        producer.send(settings.dead_letter_topic, b"no tweet", headers=headers)
    code, found = report()
    assert (code, [v["offset"] for v in found["violations"]]) == (65, [9])


@pytest.mark.usefixtures("scored")
def test_counters_ahead_of_parquet_are_not_comparable(settings: KafkaSettings, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.hset(build_applied_key(settings.topic), "0", str(RECORDS + 5))
    assert report()[0] == 75
    assert report("--no-redis")[0] == 0


def test_deep_finds_an_id_that_differs_from_the_records(settings: KafkaSettings, scored: Path) -> None:
    with KafkaProducer(bootstrap_servers=settings.bootstrap, acks="all") as producer:
        producer.send(settings.topic, encode_tweet({"id": "another", "text": "row 20"}), partition=0)
    topic_id = describe_topic(settings, settings.topic).id
    chain = StoredChain(open_scored_store(str(scored)), settings.topic, topic_id)
    end = chain.find_ends([0])[0]
    assert end is not None
    assert chain.publish(make_segment(RECORDS, RECORDS + 1, topic=settings.topic, before=end.totals))
    assert report("--no-redis")[0] == 0
    code, found = report("--no-redis", "--deep")
    assert (code, [v["offset"] for v in found["violations"]]) == (65, [RECORDS])


def test_rows_of_a_recreated_topic(settings: KafkaSettings, scored: Path) -> None:
    chain = StoredChain(open_scored_store(str(scored)), settings.topic, "an-earlier-life")
    chain.claim_origin(2, 0)
    code, found = report("--no-redis")
    assert code == 65
    assert found["violations"][0]["problem"].startswith("the chain belongs to topic id an-earlier-life")


@pytest.mark.parametrize(
    ("variable", "value", "error", "words"),
    [
        ("BADBUZZ_KAFKA__BOOTSTRAP", "127.0.0.1:1", DependencyDown, "kafka: no answer from 127.0.0.1:1"),
        ("BADBUZZ_REDIS__URL", "redis://127.0.0.1:1/0", DependencyDown, "redis: .*start it"),
        ("BADBUZZ_KAFKA__TOPIC", "no-such-topic", Misconfigured, "'no-such-topic' does not exist"),
    ],
)
@pytest.mark.usefixtures("scored")
def test_a_missing_dependency_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, error: type[BadBuzzError], words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(error, match=words):
        raise run().exception or AssertionError("it passed")


@pytest.mark.usefixtures("settings")
def test_an_empty_topic_without_a_chain_is_clean_and_says_so() -> None:
    code, found = report()
    assert (code, found["unsettled"]) == (0, [])
    assert [note.partition(":")[0] for note in found["notes"]] == ["no chain"]
    assert "chain" not in {proof.partition(":")[0] for proof in found["proven"]}
    assert report("--no-kafka", "--no-redis")[0] == 75


def test_a_topic_record_is_compared_with_kafkas_topic(settings: KafkaSettings, scored: Path) -> None:
    """The topic has three partitions."""
    internal = open_scored_store(str(scored)).internal
    path = f"{settings.topic}.topic.json"
    record: dict[str, Any] = {
        "topic": settings.topic,
        "topic_id": describe_topic(settings, settings.topic).id,
    }
    cases: list[tuple[dict[str, Any], str]] = [
        ({"partitions": 3}, ""),
        ({"partitions": 4}, "says that the topic had 4 partitions; it has 3"),
        ({"partitions": 3, "topic_id": "other"}, "names topic id other; Kafka's topic has id"),
    ]
    for change, problem in cases:
        internal.put(path, json.dumps(record | change).encode())
        code, found = report("--no-redis")
        assert code == (65 if problem else 0)
        assert [problem in v["problem"] and path in v["problem"] for v in found["violations"]] == (
            [True] if problem else []
        )


def test_a_partition_with_a_broken_origin_is_not_called_unclaimed(
    settings: KafkaSettings, scored: Path
) -> None:
    open_scored_store(str(scored)).internal.put(f"{settings.topic}-0.json", b"{")
    code, found = report()
    assert (code, [v["partition"] for v in found["violations"]]) == (65, [0])
    assert found["unsettled"] == ["counters: not compared, as the chain is broken"]


def test_deep_needs_kafka() -> None:
    result = run("--no-kafka", "--deep")
    assert "--deep and --complete need Kafka" in str(result.exception)
