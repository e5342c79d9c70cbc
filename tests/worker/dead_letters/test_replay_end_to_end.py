"""End to end: a worker rejects, an operator replays and discards, and verify always reports a clean state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from kafka import KafkaProducer

from badbuzz.cli.dlq import command
from tests.worker.system import PARTITIONS, System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker

GOOD = [b'{"id": "%d", "text": "my bag is late again"}' % number for number in range(50)]
BAD = [b"not JSON", b'{"text": "no id"}', b"\xff\xfe", b" ", b'{"id": "' + b"x" * 1_000_000]


@pytest.fixture
def system(
    kafka: Broker,
    new_topic: Callable[..., str],
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    for name, value in system.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield system
    system.close()


def dlq(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.output


def drain(system: System) -> None:
    done = system.run("work", "--until-drained", "--health-port", "0")
    assert (done.returncode, done.stderr) == (0, "")
    system.verify()


@pytest.mark.apache_kafka
def test_replayed_and_rejected_again_every_offset_stays_accounted_for(system: System) -> None:
    system.produce([*GOOD, *BAD])
    drain(system)
    assert f"replayed {len(BAD)} of {len(BAD)} letters" in dlq("replay", "--yes")
    assert dlq("show", "--json") == ""

    drain(system)
    again = [json.loads(line) for line in dlq("show", "--json").splitlines()]
    assert len(again) == len(BAD)
    assert all(letter["replay_of"] for letter in again)
    totals = system.counted()
    assert (totals.rows, totals.rejected) == (len(GOOD), 2 * len(BAD))

    dlq("discard", "--yes")
    assert dlq("show", "--json") == ""
    system.verify()


@pytest.mark.apache_kafka
def test_a_replayed_good_record_becomes_a_row(system: System) -> None:
    """The letter is about a good record, as if a new version could score it."""
    (place,) = system.produce([GOOD[7]])
    headers_by_name = {
        "topic": system.topic,
        "partition": str(place[0]),
        "offset": str(place[1] + 100),
        "stage": "decode",
    }
    with KafkaProducer(bootstrap_servers=system.broker.bootstrap) as producer:
        headers = [(f"__connect.errors.{name}", value.encode()) for name, value in headers_by_name.items()]
        producer.send(system.dead_letter_topic, GOOD[8], headers=headers)
    dlq("replay", "--yes")
    drain(system)
    assert sorted(system.rows()["id"].to_pylist()) == ["7", "8"]
