"""``docs/counters.md`` is a contract: its commands must work, and its rights must suffice."""

from __future__ import annotations

import re
import shlex
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import CounterUpdate, build_bucket_key, build_meta_key
from badbuzz.errors import Misconfigured
from badbuzz.settings import RedisSettings
from tests.worker.counters.backends import BUCKETS, TOPIC_ID
from tests.worker.counters.test_port import ONE, make_update
from worker.counters.port import Applied, Refused
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[3] / "docs" / "counters.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```redis\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
(PYTHON,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def admin(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
        client.acl_deluser("badbuzz-alerts", "badbuzz-worker")


@pytest.fixture
def bucket() -> int:
    """The current bucket: the windows of the page are shorter than a run of all tests."""
    return int(time.time()) // BUCKETS.seconds * BUCKETS.seconds


@pytest.fixture
def sink(redis_url: str, bucket: int) -> Iterator[RedisCounters]:
    sink = opened(redis_url)
    sink.apply([CounterUpdate(0, None, 1, {("airparadis", bucket): ONE}, settled=0)])
    yield sink
    sink.close()


def opened(url: str) -> RedisCounters:
    sink = RedisCounters(connect_redis(RedisSettings(url=url)), "tweets")
    sink.open(TOPIC_ID, BUCKETS, 1)
    sink.take_over([0])
    return sink


def grant(admin: Any, user: str, redis_url: str) -> str:
    """Create the page's user with a random password. Return the URL that logs in as this user."""
    (command,) = [line for line in COMMANDS if line.startswith(f"ACL SETUSER {user} ")]
    password = uuid.uuid4().hex
    admin.execute_command(*shlex.split(command.replace("change-me", password)))
    return redis_url.replace("redis://", f"redis://{user}:{password}@")


def test_the_queries_work_as_written(sink: RedisCounters, admin: Any) -> None:
    sink.touch({0: 1})
    rate, brands = [
        admin.execute_command(*shlex.split(line)) for line in COMMANDS if line.startswith("FCALL_RO")
    ]
    assert (rate[rate.index("tweets") + 1], brands) == ("1", ["airparadis"])


def test_the_reply_has_the_documented_fields_in_their_order(sink: RedisCounters, admin: Any) -> None:
    sink.touch({0: 1})
    reply = admin.fcall_ro("badbuzz_rate", 1, "badbuzz:{tweets}", "airparadis", "300")
    (shown,) = re.findall(r"```\n( 1\) .*?)```", PAGE, re.DOTALL)
    documented = re.findall(r'\d+\) "([a-z_]+)"', shown)
    assert reply[::2] == documented
    assert all(isinstance(value, str) for value in reply)


def test_the_example_alert_runs(
    sink: RedisCounters,
    bucket: int,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(redis, "Redis", lambda **options: redis.StrictRedis.from_url(redis_url, **options))
    exec(PYTHON, {})  # noqa: S102 - our own page
    sink.touch({0: 1})
    exec(PYTHON, {})  # noqa: S102
    sink.apply([CounterUpdate(0, 1, 2, {("all", bucket): ONE}, settled=2)])
    exec(PYTHON, {})  # noqa: S102
    assert capsys.readouterr().out.splitlines() == [
        "do not know: the counters are behind",
        "do not know: no tweets arrive, or they arrive late",
        "all is well",
    ]


def test_the_documented_rights_are_enough_for_a_worker(admin: Any, redis_url: str) -> None:
    worker, rival = (opened(grant(admin, "badbuzz-worker", redis_url)) for _ in range(2))
    worker.take_over([0])
    for start, end in ((None, 10), (10, 20), (20, 30)):
        assert worker.apply([make_update(0, start, end, appended_ms=1)]) == {0: Applied()}
    assert worker.touch({0: 10}) == frozenset()
    assert rival.take_over([0]) == {0: 10}
    assert worker.apply([make_update(0, 30, 40)]) == {0: Refused(10, owner_changed=True)}
    worker.take_over([0])
    worker.apply([make_update(0, 10, 20, settled=20)])


def test_the_documented_rights_are_enough_to_undo_everything(admin: Any, redis_url: str) -> None:
    worker = opened(grant(admin, "badbuzz-worker", redis_url))
    worker.apply([make_update(0, None, 10, appended_ms=1)])
    assert worker.take_over([0]) == {0: None}


def test_the_documented_rights_are_enough_for_an_alert(
    sink: RedisCounters, bucket: int, admin: Any, redis_url: str
) -> None:
    del sink
    url = grant(admin, "badbuzz-alerts", redis_url)
    rates = RateReader(connect_redis(RedisSettings(url=url)), "tweets")
    assert rates.read(rates.list_brands(), [300])[0].tweets == 1
    with redis.Redis.from_url(url, decode_responses=True) as client:
        found: Any = client.hgetall(build_bucket_key("tweets", "airparadis", BUCKETS, bucket))
        assert found["negative"] == "1"


def test_an_alert_may_not_write_nor_read_elsewhere(sink: RedisCounters, admin: Any, redis_url: str) -> None:
    del sink
    url = grant(admin, "badbuzz-alerts", redis_url)
    with pytest.raises(Misconfigured, match="redis refuses us"):
        opened(url)
    with redis.Redis.from_url(url) as client:
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.hset(build_meta_key("tweets"), "version", "2")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.hgetall(build_meta_key("others"))
    with pytest.raises(Misconfigured, match="redis refuses us"):
        RateReader(connect_redis(RedisSettings(url=url)), "others").read(["all"], [60])


def test_a_missing_right_of_a_worker_is_reported(admin: Any, redis_url: str) -> None:
    url = grant(admin, "badbuzz-worker", redis_url)
    admin.execute_command("ACL", "SETUSER", "badbuzz-worker", "-hset")
    with pytest.raises(Misconfigured, match="redis refuses us"):
        opened(url)


def test_every_key_of_the_page_exists(sink: RedisCounters, admin: Any) -> None:
    sink.apply([make_update(0, 1, 2, appended_ms=1)])
    documented = set(re.findall(r"^\| `([a-z]+)[`:]", PAGE.split("## The keys")[1], re.MULTILINE))
    assert {key.split(":")[2] for key in admin.scan_iter("badbuzz:{tweets}:*")} == documented
