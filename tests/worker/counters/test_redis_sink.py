"""Counters on a real server: restarts, refusals, lost replies and rolling upgrades."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
import redis

from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import (
    CounterUpdate,
    Tally,
    build_brands_key,
    build_bucket_key,
    build_clock_key,
    build_meta_key,
    build_pending_key,
    build_topic_key,
)
from badbuzz.contracts.scored_row import Totals
from badbuzz.embedded.valkey import run_valkey
from badbuzz.errors import Misconfigured, Retry
from badbuzz.settings import RedisSettings
from tests.worker.counters.backends import BUCKETS, PARTITIONS, TOPIC_ID, RedisCounterBackend
from tests.worker.counters.lossy_proxy import LossyProxy
from tests.worker.counters.test_port import BUCKET, ONE, TWO, make_update
from worker.counters.port import Applied
from worker.counters.redis_sink import LIBRARY_VERSION, RedisCounters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.counters.port import CounterSink

SOURCE = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")


@pytest.fixture
def backend(redis_url: str) -> Iterator[RedisCounterBackend]:
    backend = RedisCounterBackend(redis_url)
    yield backend
    backend.client.close()


@pytest.fixture(scope="module")
def _own_server() -> Iterator[str]:
    with run_valkey() as url:
        yield url


@pytest.fixture
def own_backend(_own_server: str) -> Iterator[RedisCounterBackend]:
    """A server whose configuration a test may change. It is restored afterwards."""
    backend = RedisCounterBackend(_own_server)
    before = backend.client.config_get("max*")
    yield backend
    for name in ("maxmemory", "maxmemory-policy"):
        backend.client.config_set(name, before[name])
    backend.client.close()


def sink_on(url: str, topic: str) -> RedisCounters:
    return RedisCounters(connect_redis(RedisSettings(url=url)), topic)


def library_of_version(version: int, *, oldest_caller: int = LIBRARY_VERSION) -> str:
    changed = SOURCE.replace(f"local VERSION = {LIBRARY_VERSION} ", f"local VERSION = {version} ")
    changed = changed.replace("local OLDEST_CALLER = 2 ", f"local OLDEST_CALLER = {oldest_caller} ")
    return changed.replace("return redis.status_reply('OK')", f"return redis.status_reply('OK {version}')")


def contents(backend: RedisCounterBackend) -> dict[str, bytes]:
    with redis.Redis.from_url(backend.url) as client:
        clock = build_clock_key(backend.topic).encode()
        return {key: client.dump(key) for key in client.scan_iter() if key != clock}


def touch_for_ever(sink: CounterSink) -> None:
    while True:
        sink.touch({})


def loaded(backend: RedisCounterBackend) -> str:
    (library,) = backend.client.function_list(library="badbuzz", withcode=True)
    found: str = (
        library["library_code"] if isinstance(library, dict) else library[library.index("library_code") + 1]
    )
    return found


def test_a_changed_library_needs_a_new_version() -> None:
    """Only comments may change without a new version: workers do not replace a library of their own version."""
    code = [re.sub(r"\s*--.*", "", line) for line in SOURCE.splitlines()]
    digest = hashlib.sha256("\n".join(line for line in code if line).encode()).hexdigest()[:12]
    assert (LIBRARY_VERSION, digest) == (8, "ee4f23db0bc0"), (
        "functions.lua changed: raise VERSION there and here"
    )
    assert f"local VERSION = {LIBRARY_VERSION} " in SOURCE


def test_the_first_worker_loads_the_library(backend: RedisCounterBackend) -> None:
    backend.open_sink()
    assert loaded(backend) == SOURCE


def test_an_older_library_is_replaced(backend: RedisCounterBackend) -> None:
    backend.client.function_load(library_of_version(0))
    backend.open_sink()
    assert loaded(backend) == SOURCE


def test_a_newer_library_is_kept_and_used(backend: RedisCounterBackend) -> None:
    newer = library_of_version(LIBRARY_VERSION + 1)
    backend.client.function_load(newer)
    sink = backend.open_sink()
    sink.take_over([0])
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
    assert loaded(backend) == newer


def test_an_upgrade_of_the_library_does_not_disturb_a_worker(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    backend.client.function_load(library_of_version(LIBRARY_VERSION + 1), replace=True)
    assert sink.apply([make_update(0, 10, 20)]) == {0: Applied()}
    assert backend.tally("all", BUCKET) == TWO


def test_a_library_that_does_not_support_this_worker_is_reported_and_kept(
    backend: RedisCounterBackend,
) -> None:
    sink = backend.open_sink()
    newer = library_of_version(LIBRARY_VERSION + 1, oldest_caller=LIBRARY_VERSION + 1)
    backend.client.function_load(newer, replace=True)
    with pytest.raises(Misconfigured, match="upgrade this worker"):
        sink.take_over([0])
    assert loaded(backend) == newer


def test_a_newer_library_without_a_function_is_not_replaced(
    backend: RedisCounterBackend,
) -> None:
    sink = backend.open_sink()
    newer = library_of_version(LIBRARY_VERSION + 1).replace("'badbuzz_touch'", "'badbuzz_settle'")
    backend.client.function_load(newer, replace=True)
    with pytest.raises(Misconfigured, match="Function not found"):
        sink.touch({0: 1})
    assert loaded(backend) == newer


def test_counters_of_a_newer_contract_are_refused(backend: RedisCounterBackend) -> None:
    backend.open_sink()
    backend.client.hset(build_meta_key(backend.topic), "version", "2")
    with pytest.raises(Misconfigured, match="upgrade this worker"):
        backend.open_sink()


def test_a_lost_library_is_loaded_again(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    backend.client.function_flush()
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}


def test_workers_starting_at_once_all_succeed(backend: RedisCounterBackend) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            backend.open_sink()
        except BaseException as error:  # noqa: BLE001 - the test's thread asserts that there is none
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_buckets_expire_when_no_window_can_reach_them(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10)])
    key = build_bucket_key(backend.topic, "acme", BUCKETS, BUCKET)
    assert backend.client.expiretime(key) == BUCKETS.compute_expiry(BUCKET)


def test_brands_expire(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    key = build_brands_key(backend.topic)
    backend.client.zadd(key, {"expired": time.time() - 7_300, "not yet": time.time() - 7_000})
    sink.apply([make_update(0, None, 10)])
    assert backend.brands() == {"not yet", "acme"}


def test_every_key_begins_with_the_one_that_functions_take(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([make_update(0, None, 10, appended_ms=1)])
    keys = set(backend.client.keys())
    assert len(keys) == 11
    assert all(key.startswith(f"{build_topic_key(backend.topic)}:") for key in keys)


def test_a_call_with_a_lost_reply_is_repeated_and_counts_once(backend: RedisCounterBackend) -> None:
    with LossyProxy(backend.url) as proxy:
        sink = sink_on(proxy.url, backend.topic)
        sink.open(TOPIC_ID, BUCKETS, PARTITIONS)
        sink.take_over([0])
        proxy.lose_answers(1)
        assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
        assert proxy.lost == 1
        sink.close()
    assert backend.tally("all", BUCKET) == ONE


def test_after_lost_replies_the_caller_may_repeat_a_call(backend: RedisCounterBackend) -> None:
    with LossyProxy(backend.url) as proxy:
        sink = sink_on(proxy.url, backend.topic)
        sink.open(TOPIC_ID, BUCKETS, PARTITIONS)
        sink.take_over([0])
        proxy.lose_answers(2)
        with pytest.raises(Retry, match="redis: "):
            sink.apply([make_update(0, None, 10)])
        assert backend.tally("all", BUCKET) == ONE
        assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
        sink.close()
    assert backend.tally("all", BUCKET) == ONE


def test_a_worker_of_version_2_is_served_beside_newer_ones(backend: RedisCounterBackend) -> None:
    """It sends no counts of unread tweets, and its pending updates, also of before the upgrade, can be undone."""
    backend.open_sink()
    prefix = build_topic_key(backend.topic)
    header = json.dumps(
        {
            "version": "2",
            "topic_id": TOPIC_ID,
            "bucket_seconds": "10",
            "retention_seconds": "7200",
            "partitions": "3",
        }
    )
    backend.client.fcall("badbuzz_take_over", 1, prefix, header, "0", "old")
    counts = [["all", str(BUCKET), "1", "1", "900000", "810000"]]
    old = {
        "partition": "0",
        "owner": "old",
        "settled": "0",
        "totals": ["1", "1", "0", "0", "0"],
        "counts": counts,
    }
    backend.client.fcall("badbuzz_apply", 1, prefix, header, json.dumps(old | {"end": "10"}))
    backend.client.rpush(build_pending_key(backend.topic, 0), json.dumps(old | {"start": "10", "end": "20"}))
    backend.client.hset(
        build_bucket_key(backend.topic, "all", BUCKETS, BUCKET),
        mapping=dict.fromkeys(("tweets", "negative"), 2) | {"sum_p": 1_800_000, "sum_p2": 1_620_000},
    )
    backend.client.hdel(build_bucket_key(backend.topic, "all", BUCKETS, BUCKET), "unread")
    sink = backend.open_sink()
    assert sink.take_over([0]) == {0: None}
    assert backend.tally("all", BUCKET) is None
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
    assert backend.tally("all", BUCKET) == ONE


def test_a_bad_update_anywhere_in_a_call_changes_nothing(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0, 1, 2])
    bad = CounterUpdate(1, None, 10, {("all", BUCKET + 1): ONE}, settled=0)
    before = contents(backend)
    with pytest.raises(Misconfigured, match="no bucket of 10 s"):
        sink.apply([make_update(0, None, 10), bad, make_update(2, None, 10)])
    with pytest.raises(Misconfigured, match="at most 15 digits"):
        sink.apply([make_update(0, None, 10), CounterUpdate(1, None, 10**15, settled=0)])
    with pytest.raises(Misconfigured, match="at most 15 digits"):
        sink.apply(
            [make_update(0, None, 10), CounterUpdate(1, None, 5, {("all", BUCKET): Tally(-1)}, settled=0)]
        )
    assert contents(backend) == before


@pytest.mark.parametrize(
    "garbage", ["", "{", "[]", "3", '{"partition": 0}', '{"partition": "0", "end": "1e3"}']
)
def test_invalid_arguments_change_nothing(backend: RedisCounterBackend, garbage: str) -> None:
    backend.open_sink().take_over([0])
    before = contents(backend)
    for function in ("badbuzz_open", "badbuzz_take_over", "badbuzz_apply", "badbuzz_touch"):
        with pytest.raises(redis.ResponseError):
            backend.client.fcall(function, 1, build_topic_key(backend.topic), garbage, garbage)
    assert contents(backend) == before


@pytest.mark.parametrize("partition", ["00", "-1", "1.0", " 1", "", "x"])
def test_a_number_has_one_spelling(backend: RedisCounterBackend, partition: str) -> None:
    sink = sink_on(backend.url, backend.topic)
    sink.open(TOPIC_ID, BUCKETS, PARTITIONS)
    with pytest.raises(redis.ResponseError, match="partition must be a string of at most 15 digits"):
        backend.client.fcall("badbuzz_take_over", 1, build_topic_key(backend.topic), sink._header, partition)
    sink.close()


def test_a_full_server_is_retried(own_backend: RedisCounterBackend) -> None:
    sink = own_backend.open_sink()
    sink.take_over([0])
    own_backend.client.config_set("maxmemory", "1")
    with pytest.raises(Retry, match="maxmemory"):
        sink.apply([make_update(0, None, 10)])
    own_backend.client.config_set("maxmemory", "0")
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}
    assert own_backend.tally("all", BUCKET) == ONE


def test_a_server_that_may_evict_counters_is_refused(own_backend: RedisCounterBackend) -> None:
    own_backend.client.config_set("maxmemory", "1gb")
    own_backend.client.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(Misconfigured, match="maxmemory-policy is allkeys-lru"):
        own_backend.open_sink()


def test_a_replica_is_retried(own_backend: RedisCounterBackend) -> None:
    sink = own_backend.open_sink()
    sink.take_over([0])
    own_backend.client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(Retry, match="replica"):
            sink.apply([make_update(0, None, 10)])
    finally:
        own_backend.client.replicaof("no", "one")
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}


def test_a_busy_server_is_retried(own_backend: RedisCounterBackend) -> None:
    sink = own_backend.open_sink()
    sink.take_over([0])
    own_backend.client.config_set("busy-reply-threshold", "10")
    own_backend.client.function_load(
        "#!lua name=busy\nredis.register_function{function_name='busy', flags={'no-writes'},"
        " callback=function() while true do end end}"
    )
    caller = redis.Redis.from_url(own_backend.url)

    def occupy() -> None:
        with pytest.raises(redis.ResponseError, match="killed"):
            caller.fcall("busy", 0)

    thread = threading.Thread(target=occupy)
    thread.start()
    try:
        with pytest.raises(Retry, match="BUSY"):
            touch_for_ever(sink)
    finally:
        own_backend.client.function_kill()
        thread.join()
        caller.close()
    assert sink.apply([make_update(0, None, 10)]) == {0: Applied()}


def test_wrong_credentials_are_reported_without_the_password(redis_url: str) -> None:
    sink = sink_on(redis_url.replace("redis://", "redis://worker:hunter2@"), "tweets")
    with pytest.raises(Misconfigured, match="redis refuses us") as error:
        sink.open(TOPIC_ID, BUCKETS, PARTITIONS)
    assert "hunter2" not in str(error.value)


def test_an_absent_server_is_retried() -> None:
    with pytest.raises(Retry, match=r"redis: .*refused"):
        sink_on("redis://127.0.0.1:1/0", "tweets").open(TOPIC_ID, BUCKETS, PARTITIONS)


def test_totals_restart_with_those_of_the_chain(backend: RedisCounterBackend) -> None:
    sink = backend.open_sink()
    sink.take_over([0])
    sink.apply([CounterUpdate(0, None, 500, totals=Totals(rows=400, rejected=100), settled=500)])
    sink.apply([make_update(0, 500, 501, settled=501)])
    found: Any = backend.known(0)
    assert (found.applied, found.totals) == (501, Totals(rows=401, negative=1, rejected=100))
