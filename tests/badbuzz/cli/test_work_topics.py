"""``badbuzz work`` on topics that get partitions, are deleted and made again, or lose records, with real processes."""

from __future__ import annotations

import itertools
import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import redis
from kafka import KafkaAdminClient, KafkaProducer

from badbuzz.clients.rates import RateReader
from badbuzz.embedded.loopback_port import LoopbackPort
from benchmarks.servers.broker import Broker
from tests.producer.private_kafka import run_private_kafka
from tests.worker.source.rewritten_log import lose_what_follows, make_topic, produce
from tests.worker.system import PARTITIONS, TIMEOUT_S, System, WorkerProcess, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.apache_kafka, pytest.mark.slow]

STALE_S = 60


def tweets(first: int, end: int) -> list[bytes]:
    return [
        json.dumps({"id": str(number), "text": f"my bag is late {number}"}).encode()
        for number in range(first, end)
    ]


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


def scored(system: System) -> list[int]:
    return sorted(map(int, system.rows()["id"].to_pylist())) if system.files() else []


def wait_for_exit(worker: WorkerProcess) -> int:
    return worker.process.wait(TIMEOUT_S)


def refuse_for_good(system: System, worker: WorkerProcess, reason: str) -> None:
    """Check that the worker ends with code 65, and that another start does so at once."""
    assert wait_for_exit(worker) == 65, worker.output
    assert reason in worker.output
    assert "restart the worker" not in worker.output
    again = system.run("work", "--until-drained", "--health-port", "0")
    assert again.returncode == 65, again.stderr


@pytest.mark.parametrize("refilled", [10, 900])
def test_a_worker_that_was_frozen_reads_nothing_of_a_topic_made_anew(system: System, refilled: int) -> None:
    system.produce(tweets(0, 300))
    worker = system.start()
    until(lambda: len(scored(system)) == 300, "all rows are published")
    worker.process.send_signal(signal.SIGSTOP)
    system.recreate_topic()
    system.produce(tweets(1_000, 1_000 + refilled))
    worker.process.send_signal(signal.SIGCONT)
    refuse_for_good(system, worker, "was deleted and made again")
    assert scored(system) == list(range(300))
    assert system.counted().rows == 300


def test_a_worker_that_waits_for_redis_reads_nothing_of_a_topic_made_anew(system: System) -> None:
    system.produce(tweets(0, 300))
    worker = system.start()
    until(lambda: len(scored(system)) == 300, "all rows are published")
    with redis.Redis.from_url(system.redis_url) as client:
        client.client_pause(TIMEOUT_S * 1_000, all=False)
        try:
            system.produce(tweets(300, 330))
            system.recreate_topic()
            system.produce(tweets(1_000, 1_900))
            assert wait_for_exit(worker) == 65, worker.output
        finally:
            client.client_unpause()
    assert "was deleted and made again" in worker.output
    assert scored(system) == list(range(300))


def test_an_added_partition_is_scored_from_its_start_although_workers_begin_at_the_end(
    system: System,
) -> None:
    system.settings["BADBUZZ_KAFKA__START"] = "latest"
    system.produce(tweets(0, 30))
    with LoopbackPort() as port:
        worker = system.start(health_port=port.number)
        until(lambda: worker.ask("/readyz")[0] == 200, "the worker is ready")
        with KafkaAdminClient(bootstrap_servers=system.broker.bootstrap) as admin:
            admin.create_partitions({system.topic: PARTITIONS + 1})
        with KafkaProducer(bootstrap_servers=system.broker.bootstrap) as producer:
            for value in tweets(100, 146):
                producer.send(system.topic, value, partition=PARTITIONS)
            producer.flush()
        until(lambda: len(scored(system)) == 46, "the new partition's rows are published")
    assert scored(system) == list(range(100, 146))
    with redis.Redis.from_url(system.redis_url) as client:
        rates = RateReader(client, system.topic)
        until(lambda: rates.read(["all"], [STALE_S])[0].stale_seconds < STALE_S, "the counters are fresh")
    assert worker.terminate() == 0
    report = system.verify()
    assert [(part["start"], part["end"]) for part in report["partitions"]][-1] == (0, 46)
    assert sum("are older than the chain" in note for note in report["notes"]) == PARTITIONS


def test_a_partition_that_is_added_while_no_worker_runs_makes_the_counters_stale_and_is_verified(
    system: System,
) -> None:
    system.produce(tweets(0, 30))
    assert system.run("work", "--until-drained", "--health-port", "0").returncode == 0
    system.verify()
    with KafkaAdminClient(bootstrap_servers=system.broker.bootstrap) as admin:
        admin.create_partitions({system.topic: PARTITIONS + 1})
    with KafkaProducer(bootstrap_servers=system.broker.bootstrap) as producer:
        producer.send(system.topic, tweets(100, 101)[0], partition=PARTITIONS).get(TIMEOUT_S)
    done = system.run("verify", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, found["lag"]) == (75, 1)
    assert f"partition {PARTITIONS}: has records and no chain" in found["unsettled"][0]
    done = system.run("work", "--until-drained", "--health-port", "0", BADBUZZ_KAFKA__START="latest")
    assert done.returncode == 0, done.stderr
    assert scored(system) == [*range(30), 100]
    system.verify()


def test_a_chain_whose_records_kafka_replaced_is_refused(redis_url: str, tmp_path: Path) -> None:
    with run_private_kafka(tmp_path / "kafka") as broker:
        make_topic(broker, "tweets", PARTITIONS)
        make_topic(broker, "tweets.dlq")
        produce(broker, "tweets", tweets(0, 5))
        system = System(Broker(broker.bootstrap, "maven"), "tweets", "tweets.dlq", redis_url, tmp_path)
        with lose_what_follows(broker, tmp_path / "kafka", "tweets"):
            produce(broker, "tweets", tweets(5, 10))
            worker = system.start()
            until(lambda: len(scored(system)) == 10, "all rows are published")
        produce(broker, "tweets", tweets(100, 107))
        refuse_for_good(
            system, worker, "tweets-0: the Parquet chain ends at offset 10, but the topic's log differs"
        )
        assert scored(system) == list(range(10))
        done = system.run("verify", "--json")
        (violation,) = json.loads(done.stdout)["violations"]
        assert (done.returncode, violation["partition"], violation["offset"]) == (65, 0, 5)
        system.close()


def test_verify_proves_the_settled_part_under_load(system: System) -> None:
    """Reads while a producer and a worker run: nothing is wrong, and the buckets of the past are compared exactly."""
    stop = threading.Event()

    def produce_until_stopped() -> None:
        for first in itertools.count(0, 20):
            system.produce(tweets(first, first + 20))
            if stop.wait(0.05):
                return

    system.start()
    with ThreadPoolExecutor(1) as threads:
        produced = threads.submit(produce_until_stopped)
        try:
            until(lambda: len(system.files()) > PARTITIONS, "some files are published")
            for _ in range(3):
                done = system.run("verify", "--json")
                found = json.loads(done.stdout)
                assert (done.returncode, found["unsettled"], found["violations"]) == (0, [], []), found
                assert any("live buckets equal to the rows" in proof for proof in found["proven"])
        finally:
            stop.set()
        produced.result()
