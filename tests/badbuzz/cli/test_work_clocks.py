"""``badbuzz work`` on topics whose timestamps are wrong, and on machines whose clocks are wrong."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import redis
from kafka import KafkaProducer

from badbuzz.contracts.counters import build_applied_key, build_seen_key
from badbuzz.embedded.loopback_port import LoopbackPort
from tests.worker.system import PARTITIONS, TIMEOUT_S, System, WorkerProcess, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

LARGEST = 2**63 - 1
HOUR_MS = 3_600_000
WRONG_CLOCK = """
import time
true_time = time.time
time.time = lambda: true_time() + AHEAD_S
from badbuzz.__main__ import main
main()
"""
"""A program that runs ``badbuzz`` on a machine whose clock is ahead."""


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    """The topic accepts every timestamp of a producer, as brokers before version 4 do."""
    topic = new_topic(PARTITIONS, message_timestamp_after_max_ms=str(LARGEST))
    system = System(kafka, topic, new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


def produce(system: System, timestamps: list[int]) -> None:
    """Send a tweet without a date for each timestamp, in a batch of its own, to the partitions in turn."""
    with KafkaProducer(bootstrap_servers=system.broker.bootstrap, linger_ms=0) as producer:
        for number, timestamp in enumerate(timestamps):
            value = json.dumps({"id": str(number), "text": "my bag is late again with albatros air"}).encode()
            record = producer.send(system.topic, value, partition=number % PARTITIONS, timestamp_ms=timestamp)
            record.get(TIMEOUT_S)


def read_rate(system: System) -> dict[str, str]:
    with redis.Redis.from_url(system.redis_url, decode_responses=True) as client:
        reply: Any = client.fcall_ro("badbuzz_rate", 1, f"badbuzz:{{{system.topic}}}", "albatros", 7_200)
    return dict(zip(reply[::2], reply[1::2], strict=True))


def has_counted(system: System, records: int) -> bool:
    with redis.Redis.from_url(system.redis_url) as client:
        return sum(map(int, client.hvals(build_applied_key(system.topic)))) == records


@pytest.mark.apache_kafka
def test_any_timestamp_is_scored_and_what_arrives_now_is_counted(system: System) -> None:
    now_ms = int(time.time() * 1000)
    wrong = [-1, 0, now_ms // 1000, now_ms * 1000, LARGEST, now_ms - 72 * HOUR_MS, now_ms + 72 * HOUR_MS]
    worker = system.start()
    until(lambda: has_counted(system, 0) and _has_seen(system), "the worker has seen the empty topic")
    produce(system, wrong * PARTITIONS)
    until(lambda: has_counted(system, len(wrong) * PARTITIONS), "all are counted")
    assert worker.terminate() == 0, worker.output
    system.verify()
    assert {path.split("/")[0] for path in system.files()} == {
        f"dt={time.strftime('%Y-%m-%d', time.gmtime())}"
    }
    assert int(read_rate(system)["tweets"]) == len(wrong) * PARTITIONS
    assert worker.output.count("cannot be their time of arrival") == 1
    with redis.Redis.from_url(system.redis_url) as client:
        client.flushdb()
    drained = system.run("work", "--until-drained", "--health-port", "0")
    assert drained.returncode == 0, drained.stderr
    assert int(read_rate(system)["tweets"]) == len(wrong) * PARTITIONS, "rebuilt from Parquet"
    system.verify()


@pytest.mark.apache_kafka
def test_a_worker_whose_clock_is_ahead_rebuilds_all_counters_and_says_so(system: System) -> None:
    produce(system, [int(time.time() * 1000)] * 30)
    done = system.run("work", "--until-drained", "--health-port", "0")
    assert done.returncode == 0, done.stderr
    before = int(read_rate(system)["tweets"])
    with redis.Redis.from_url(system.redis_url) as client:
        client.flushdb()
    with LoopbackPort() as port:
        worker = start_with_clock_ahead(system, 3 * 3_600, port.number)
        until(lambda: "redis's clock is" in worker.ask("/readyz")[1], "the worker reports the clock")
        assert worker.ask("/readyz")[0] == 503
        assert worker.ask("/healthz")[0] == 200
        assert 'badbuzz_clock_ahead_seconds{clock="redis"} -10' in worker.ask("/metrics")[1]
    until(lambda: has_counted(system, 30), "all are counted")
    reply = read_rate(system)
    assert (before, int(reply["tweets"])) == (30, 30)
    assert float(reply["stale_seconds"]) > 1e6, "not marked as up to date"
    system.produce([b"not JSON"])
    until(lambda: has_counted(system, 31), "the bad record is rejected")
    assert len(system.dead_letters()) == 1, "the broker takes no timestamp that is three hours ahead"


def start_with_clock_ahead(system: System, seconds: int, port: int) -> WorkerProcess:
    program = WRONG_CLOCK.replace("AHEAD_S", str(seconds))
    (system.folder / "badbuzz_with_wrong_clock.py").write_text(program)
    system.worker_module = "badbuzz_with_wrong_clock"
    return system.start(health_port=port)


def _has_seen(system: System) -> bool:
    with redis.Redis.from_url(system.redis_url) as client:
        seen: Any = client.hlen(build_seen_key(system.topic))
    return bool(seen == PARTITIONS)
