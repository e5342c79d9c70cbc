from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from badbuzz.cli.config.connections import _check_right
from badbuzz.clients.redis_client import connect_redis
from badbuzz.clients.scored_store import open_scored_store
from badbuzz.contracts.counters import Buckets
from badbuzz.errors import Misconfigured
from badbuzz.settings import RedisSettings, load_settings
from model_registry.store.registry import PRODUCTION, Registry
from tests.model_registry import tiny_model
from worker.assemble import build_shared_settings
from worker.chain.internal.identity import claim_identity
from worker.counters.redis_sink import RedisCounters
from worker.source.commit_notes import format_note
from worker.source.topics import describe_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers.broker import Broker

    Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("clean_environment")
AWAY = "127.0.0.1:1"


@pytest.fixture
def reachable(
    kafka: Broker,
    new_topic: Callable[..., str],
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    badbuzz: Run,
) -> Run:
    """The command line in an environment in which each dependency answers."""
    registry = Registry.open("registry")
    registry.promote(registry.register(tiny_model.draft()), PRODUCTION)
    for name, value in {
        "KAFKA__BOOTSTRAP": kafka.bootstrap,
        "KAFKA__TOPIC": new_topic(3),
        "KAFKA__DEAD_LETTER_TOPIC": new_topic(1),
        "REDIS__URL": redis_url,
        "REGISTRY__URL": "registry",
        "MODEL": f"tiny@{PRODUCTION}",
    }.items():
        monkeypatch.setenv(f"BADBUZZ_{name}", value)
    return badbuzz


@pytest.mark.apache_kafka
def test_each_dependency_is_contacted(reachable: Run) -> None:
    code, output, errors = reachable("config", "check", "--connect")
    assert (code, errors) == (0, ""), output
    for words in (
        "3 partitions; Read is allowed",
        "1 partitions; Write is allowed",
        "group: badbuzz",
        "ok      redis",
    ):
        assert words in output
    assert "registry: tiny@production is tiny:1" in output


@pytest.mark.apache_kafka
@pytest.mark.parametrize(
    ("setting", "code", "complaint"),
    [
        (("KAFKA__TOPIC", "no-such-topic"), 78, "WRONG   kafka: topic: topic 'no-such-topic' does not exist"),
        (("KAFKA__BOOTSTRAP", AWAY), 69, f"WRONG   kafka: topic: kafka: no answer from {AWAY}"),
        (("REDIS__URL", f"redis://me:hunter2@{AWAY}"), 69, "WRONG   redis: redis: Error"),
        (("MODEL", "tiny@other"), 78, "there is no such alias"),
        (("REGISTRY__URL", "nowhere"), 78, "there is no registry 'nowhere'"),
        (("HEALTH__HOST", "a..b"), 78, "BADBUZZ_HEALTH__HOST: 'a..b' is no address of this machine"),
        (
            ("HEALTH__HOST", "192.0.2.1"),
            78,
            "BADBUZZ_HEALTH__HOST: '192.0.2.1' is no address of this machine",
        ),
    ],
)
def test_what_is_missing_is_named(
    reachable: Run, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str], code: int, complaint: str
) -> None:
    monkeypatch.setenv(f"BADBUZZ_{setting[0]}", setting[1])
    found, output, _ = reachable("config", "check", "--connect")
    assert found == code
    assert complaint in output
    assert "hunter2" not in output


@pytest.mark.apache_kafka
def test_a_missing_right_in_redis_is_named_and_nothing_is_written(
    reachable: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        rights = "+info +fcall +function|load +time +hget"
        client.execute_command(
            "ACL", "SETUSER", "half", "reset", "on", ">hunter2", "~badbuzz:*", *rights.split()
        )
        monkeypatch.setenv("BADBUZZ_REDIS__URL", redis_url.replace("//", "//half:hunter2@"))
        code, output, _ = reachable("config", "check", "--connect")
        client.execute_command("ACL", "DELUSER", "half")
        assert client.dbsize() == 0
    assert code == 78
    assert "WRONG   redis: redis refuses us" in output
    assert "hunter2" not in output


@pytest.mark.apache_kafka
@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("~other:*", "access a key: it needs ~badbuzz:{{{topic}}}*;"),
        ("~badbuzz:{{{topic}}} ~badbuzz:{{{topic}}}:[^c]*", "+hmget on badbuzz:{{{topic}}}:clock;"),
        (
            "~badbuzz:{{{topic}}} ~badbuzz:{{{topic}}}:[^c]* ~badbuzz:{{{topic}}}:clock",
            "+hmget on badbuzz:{{{topic}}}:count:*;",
        ),
    ],
)
def test_a_key_without_a_right_is_named(
    reachable: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch, keys: str, complaint: str
) -> None:
    topic = load_settings().kafka.topic
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command(
            "ACL", "SETUSER", "half", "reset", "on", ">hunter2", "+@all", *keys.format(topic=topic).split()
        )
        monkeypatch.setenv("BADBUZZ_REDIS__URL", redis_url.replace("//", "//half:hunter2@"))
        code, output, _ = reachable("config", "check", "--connect")
        client.execute_command("ACL", "DELUSER", "half")
    assert code == 78
    assert complaint.format(topic=topic) in output


@pytest.mark.apache_kafka
@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({}, None),
        (
            {"REDIS__BUCKET_SECONDS": "20"},
            "have bucket_seconds 10 and retention_seconds 7200; this worker is set to 20",
        ),
        ({"REDIS__RETENTION_SECONDS": "3600"}, "have bucket_seconds 10 and retention_seconds 7200"),
        ({"SCORED__URL": "other"}, "theirs is "),
        ({"SCORED__URL": "data/copy"}, "theirs is "),
        (
            {"KAFKA__ISOLATION_LEVEL": "read_uncommitted"},
            "theirs is read_committed, ours is read_uncommitted",
        ),
    ],
)
def test_the_settings_are_compared_with_those_of_a_running_group(
    reachable: Run, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], complaint: str | None
) -> None:
    settings = load_settings()
    topic = describe_topic(settings.kafka, settings.kafka.topic)
    folder = claim_identity(open_scored_store(settings.scored.url))
    claim_identity(open_scored_store("data/copy"))
    with closing(RedisCounters(connect_redis(settings.redis), topic.name)) as counters:
        counters.open(topic.id, Buckets(10, 7_200), 3)
        counters.agree(build_shared_settings(settings, folder), {})
    for name, value in setting.items():
        monkeypatch.setenv(f"BADBUZZ_{name}", value)
    before = _list_state(settings.redis)
    code, output, _ = reachable("config", "check", "--connect")
    assert _list_state(settings.redis) == before
    assert code == (78 if complaint else 0), output
    wrong = [line for line in output.splitlines() if line.startswith("WRONG   ")]
    assert not Path("other").exists()
    assert not Path("other.chain").exists()
    if complaint:
        assert len(wrong) == 1
        assert wrong[0].startswith("WRONG   running group: ")
        assert complaint in wrong[0]


@pytest.mark.apache_kafka
def test_another_folder_is_found_by_the_commits_of_the_group(reachable: Run) -> None:
    settings = load_settings()
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka.bootstrap, group_id="badbuzz")
    with closing(consumer):
        partition = TopicPartition(settings.kafka.topic, 0)
        consumer.assign([partition])
        consumer.commit({partition: OffsetAndMetadata(0, format_note("theirs"), -1)})
    code, output, _ = reachable("config", "check", "--connect")
    assert code == 78
    assert "WRONG   running group: a worker of group 'badbuzz'" in output


@pytest.mark.apache_kafka
def test_counters_of_another_topic_of_this_name_are_refused(reachable: Run) -> None:
    settings = load_settings()
    with closing(RedisCounters(connect_redis(settings.redis), settings.kafka.topic)) as counters:
        counters.open("another", Buckets(10, 7_200), 3)
    code, output, _ = reachable("config", "check", "--connect")
    assert code == 65
    assert "was deleted and created again" in output


def _list_state(redis_settings: RedisSettings) -> list[object]:
    with connect_redis(redis_settings) as client:
        hashes = [(key, client.hgetall(key)) for key in sorted(client.keys("*"))]
    files = sorted(path for path in Path("data").rglob("*") if path.is_file())
    return [hashes, files]


@pytest.mark.parametrize("allowed", [None, -(2**31), [], 1 << 3, ["READ", "DESCRIBE"]])
def test_a_right_that_is_given_or_not_needed_is_no_error(allowed: Any) -> None:
    _check_right(allowed, "READ", "topic 'x'", _settings())


@pytest.mark.parametrize("allowed", [0, 1 << 4, 1 << 8, ["DESCRIBE"]])
def test_a_missing_right_is_named(allowed: Any) -> None:
    with pytest.raises(Misconfigured, match="does not allow Read on topic 'x' to user 'me': grant it"):
        _check_right(allowed, "READ", "topic 'x'", _settings())


def _settings() -> Any:
    return SimpleNamespace(kafka=SimpleNamespace(bootstrap="broker:9092", sasl_username="me"))
