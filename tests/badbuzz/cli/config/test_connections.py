from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis

from badbuzz.cli.config.connections import _check_right
from badbuzz.errors import Misconfigured
from model_registry.store.registry import PRODUCTION, Registry
from tests.model_registry import tiny_model

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


@pytest.mark.parametrize("allowed", [None, -(2**31), [], 1 << 3, ["READ", "DESCRIBE"]])
def test_a_right_that_is_given_or_not_needed_is_no_error(allowed: Any) -> None:
    _check_right(allowed, "READ", "topic 'x'", _settings())


@pytest.mark.parametrize("allowed", [0, 1 << 4, 1 << 8, ["DESCRIBE"]])
def test_a_missing_right_is_named(allowed: Any) -> None:
    with pytest.raises(Misconfigured, match="does not allow Read on topic 'x' to user 'me': grant it"):
        _check_right(allowed, "READ", "topic 'x'", _settings())


def _settings() -> Any:
    return SimpleNamespace(kafka=SimpleNamespace(bootstrap="broker:9092", sasl_username="me"))
