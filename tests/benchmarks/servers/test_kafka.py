from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from benchmarks.servers.kafka import ApacheKafka, JarsMissingError, kafka_jars

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT_S = 600.0
_TOPIC = "tweets"
_PARTITION = TopicPartition(_TOPIC, 0)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ApacheKafka]:
    _jars_or_skip()
    with ApacheKafka(tmp_path, properties={"message.max.bytes": "2000000"}) as broker:
        yield broker


def _jars_or_skip() -> None:
    try:
        kafka_jars()
    except JarsMissingError as missing:
        pytest.skip(str(missing))


def _end(bootstrap: str) -> int:
    with KafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        return int(consumer.end_offsets([_PARTITION])[_PARTITION])


@pytest.mark.slow
def test_acknowledged_records_survive_kill_and_stop_at_the_same_address(broker: ApacheKafka) -> None:
    address = broker.bootstrap
    with KafkaAdminClient(bootstrap_servers=address) as admin:
        admin.create_topics({_TOPIC: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    with KafkaProducer(bootstrap_servers=address, acks="all", max_request_size=2_000_000) as producer:
        for end, come_to_an_end in enumerate((broker.kill, broker.stop), start=1):
            producer.send(_TOPIC, value=b"x" * 1_500_000).get(_TIMEOUT_S)
            come_to_an_end()
            broker.start()
            assert broker.bootstrap == address
            assert _end(address) == end
        broker.pause()
        sent = producer.send(_TOPIC, value=b"{}")
        broker.resume()
        assert sent.get(_TIMEOUT_S).offset == 2


@pytest.mark.slow
def test_the_command_prints_an_address_that_answers_and_ends_cleanly(tmp_path: Path) -> None:
    _jars_or_skip()
    command = [sys.executable, "-m", "benchmarks.servers.kafka", "--data", str(tmp_path), "--heap", "256m"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with KafkaAdminClient(bootstrap_servers=address) as admin:
            assert admin.list_topics() == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(_TIMEOUT_S) == 0
    # Log4j's own end races with Kafka's: no single line is sure to be there, but a killed broker has none of them.
    assert "shutting down" in (tmp_path / "kafka.log").read_text()
