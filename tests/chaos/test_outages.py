"""Dependencies that do not answer for longer than a session: workers report it, stay alive and in the group, and continue."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaAdminClient

from badbuzz.embedded.loopback_port import LoopbackPort
from badbuzz.errors import BadRecord, Retry
from badbuzz.settings import KafkaSettings
from tests.chaos.servers import Dependency
from tests.chaos.stream import RecordStream
from tests.worker.system import until
from worker.dead_letters import record_writer
from worker.dead_letters.kafka_sink import KafkaDeadLetters
from worker.dead_letters.port import DeadLetter
from worker.source.memory import MemoryRecord

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.servers import ChaosServers, Storage
    from tests.worker.system import System

SESSION = {"BADBUZZ_KAFKA__SESSION_TIMEOUT_MS": "4000"}
"""Shorter than ``worker.monitoring.health.SLOW_TURN_S``: the session ends before a worker reports that it is not ready."""
RECORDS = 600


def _members(servers: ChaosServers, system: System) -> list[str]:
    group = system.settings["BADBUZZ_KAFKA__GROUP"]
    with KafkaAdminClient(bootstrap_servers=servers.kafka.bootstrap) as admin:
        return [member["member_id"] for member in admin.describe_groups([group])[group]["members"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dependency", "storage"), [(Dependency.REDIS, "local"), (Dependency.STORAGE, "s3")], ids=str
)
def test_a_silent_server_affects_only_the_readiness(
    servers: ChaosServers, tmp_path: Path, dependency: Dependency, storage: Storage
) -> None:
    stream = RecordStream(dependency)
    with servers.new_system(tmp_path, storage=storage) as system, LoopbackPort() as port:
        system.produce(stream.take(RECORDS))
        worker = system.start(health_port=port.number, **SESSION)
        until(lambda: worker.ask("/readyz")[0] == 200 and system.files(), "it works")
        members = _members(servers, system)

        servers.proxies[dependency].stall()
        system.produce(stream.take(RECORDS))
        until(lambda: worker.ask("/readyz")[0] == 503, "it says that it is not ready")
        assert worker.ask("/healthz")[0] == 200
        servers.proxies[dependency].heal()

        until(lambda: system.counted().rows == 2 * RECORDS - len(stream.bad), "all is counted")
        until(lambda: worker.ask("/readyz")[0] == 200, "it is ready again")
        assert _members(servers, system) == members
        assert worker.terminate() == 0, worker.output
        system.verify()
        assert "Traceback" not in worker.output


@pytest.mark.slow
def test_a_worker_cut_off_from_kafka_is_not_ready_until_it_rejoins(
    servers: ChaosServers, tmp_path: Path
) -> None:
    stream = RecordStream("kafka")
    with servers.new_system(tmp_path) as system, LoopbackPort() as port:
        system.produce(stream.take(RECORDS))
        worker = system.start(health_port=port.number, **SESSION)
        until(lambda: worker.ask("/readyz")[0] == 200 and system.files(), "it works")

        servers.proxies[Dependency.KAFKA].cut()
        system.produce(stream.take(RECORDS))
        until(lambda: not _members(servers, system), "the group has given it up")
        until(lambda: worker.ask("/readyz")[0] == 503, "it says that it is not ready")
        assert worker.ask("/healthz")[0] == 200
        servers.proxies[Dependency.KAFKA].heal()

        until(lambda: system.counted().rows == 2 * RECORDS - len(stream.bad), "all is counted")
        until(lambda: worker.ask("/readyz")[0] == 200, "it is ready again")
        assert worker.terminate() == 0, worker.output
        system.verify()
        assert "Traceback" not in worker.output


def test_dead_letters_that_time_out_are_sent_again_by_a_new_producer(
    servers: ChaosServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python's ``close`` raises while records are being sent, and leaves the producer running."""
    monkeypatch.setattr(record_writer, "SEND_TIMEOUT_S", 1)
    letters = [
        DeadLetter(MemoryRecord(0, offset, 0, None, b"bad"), BadRecord("decode", "bad")) for offset in (0, 1)
    ]
    with servers.new_system(tmp_path) as system:
        settings = KafkaSettings(
            bootstrap=servers.proxies[Dependency.KAFKA].address,
            topic=system.topic,
            dead_letter_topic=system.dead_letter_topic,
        )
        sink = KafkaDeadLetters(settings, "badbuzz-test")
        threads = threading.active_count()
        sink.send(letters[:1])
        servers.proxies[Dependency.KAFKA].stall()
        with pytest.raises(Retry, match="dead letters do not reach"):
            sink.send(letters[1:])
        until(lambda: threading.active_count() == threads, "the producer is gone")
        servers.proxies[Dependency.KAFKA].heal()
        monkeypatch.undo()
        sink.send(letters[1:])
        sink.close()
        assert system.dead_letters() == {(0, 0), (0, 1)}
