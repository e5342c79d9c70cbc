"""``badbuzz work`` and ``badbuzz verify`` on a topic that transactional producers write to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from badbuzz.embedded.loopback_port import LoopbackPort
from tests.worker.system import PARTITIONS, System, until
from tests.worker.transactions import TransactionalProducer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

pytestmark = [pytest.mark.apache_kafka, pytest.mark.slow]


def tweets(*ids: str) -> list[bytes]:
    return [json.dumps({"id": id_, "text": f"my bag is late again {id_}"}).encode() for id_ in ids]


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


@pytest.fixture
def producer(system: System) -> Iterator[TransactionalProducer]:
    with TransactionalProducer(system.broker.bootstrap, system.topic) as producer:
        yield producer


def scored(system: System) -> list[str]:
    return sorted(system.rows()["id"].to_pylist())


def test_aborted_tweets_that_are_sent_again_are_scored_once(
    system: System, producer: TransactionalProducer
) -> None:
    ids = [f"t{number}" for number in range(10)]
    producer.write(tweets(*ids), committed=False)
    producer.write(tweets(*ids), committed=True)
    producer.write(tweets("first"), partition=1, committed=False)
    producer.write(tweets("last"), partition=2, committed=True)
    producer.write(tweets("gone"), partition=2, committed=False)
    done = system.run("work", "--until-drained", "--health-port", "0")
    assert done.returncode == 0, done.stderr
    assert scored(system) == sorted([*ids, "last"])
    assert system.counted().rows == len(ids) + 1
    report = system.verify()
    assert sum(part["absent"] for part in report["partitions"]) == 11, "ten aborted tweets and their marker"
    deep = system.run("verify", "--deep")
    assert deep.returncode == 0, deep.stdout

    # A later start continues behind the aborted end of the log.
    producer.write(tweets("next"), partition=2, committed=True)
    assert system.run("work", "--until-drained", "--health-port", "0").returncode == 0
    assert scored(system) == sorted([*ids, "last", "next"])
    system.verify()


def test_an_open_transaction_is_visible_and_its_tweets_are_scored_when_it_commits(
    system: System, producer: TransactionalProducer
) -> None:
    system.produce(tweets(*(f"before{number}" for number in range(PARTITIONS))))
    producer.begin(tweets("open1", "open2"))
    system.produce(tweets(*(f"behind{number}" for number in range(PARTITIONS))))

    drained = system.run("work", "--until-drained", "--health-port", "0")
    assert drained.returncode == 0, drained.stderr
    assert (
        "partition 0: offsets from 1 on are not scored, they wait for an open transaction" in drained.stderr
    )
    seen = ["before0", "before1", "before2", "behind1", "behind2"]
    assert scored(system) == seen
    verified = system.run("verify", "--deep", "--complete")
    assert verified.returncode == 0, verified.stdout
    assert f"{system.topic}-0: offsets 1 to 3 wait for an open transaction" in verified.stdout

    with LoopbackPort() as port:
        health_port = int(port.address.rpartition(":")[2])
    worker = system.start(health_port=health_port)
    until(lambda: "lag 0, 3 held back by an open transaction" in worker.ask("/readyz")[1], "it is visible")
    assert 'badbuzz_held_back_offsets{partition="0"} 3.0' in worker.ask("/metrics")[1]
    until(lambda: stale_seconds(system) > 3, "counters that lack tweets are not fresh")
    producer.commit()
    until(lambda: scored(system) == sorted([*seen, "open1", "open2", "behind0"]), "all is scored")
    until(
        lambda: 'badbuzz_held_back_offsets{partition="0"} 0.0' in worker.ask("/metrics")[1], "nothing waits"
    )
    until(lambda: stale_seconds(system) < 3, "counters are fresh")
    assert worker.terminate() == 0
    system.verify()


def stale_seconds(system: System) -> float:
    done = system.run("rates", "--json")
    assert done.returncode == 0, done.stderr
    return float(json.loads(done.stdout)["rates"][0]["stale_seconds"])
