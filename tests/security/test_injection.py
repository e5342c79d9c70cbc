"""Names that could escape into paths, keys, patterns or commands are refused with a message that names them."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from kafka import KafkaProducer
from pydantic import SecretStr, ValidationError

from badbuzz.brands import read_brands
from badbuzz.cli.demo.report import make_view_sql
from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.errors import Misconfigured, Usage
from badbuzz.settings import KafkaSettings, RedisSettings
from model_registry.package.refs import parse_alias, parse_ref
from model_registry.store.registry import Registry
from tests.badbuzz.cli.conftest import badbuzz, clean_environment
from tests.worker.counters.backends import BUCKETS, TOPIC_ID
from tests.worker.counters.test_port import BUCKET, make_update
from worker.counters.redis_sink import RedisCounters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.security.conftest import Secured

__all__ = ["badbuzz", "clean_environment"]

HOSTILE = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/passwd",
    "a/b",
    "name\n",
    "name\r\nFLUSHALL",
    "name\0",
    "name:60:0",
    "*",
    "na?e",
    "[a-z]",
    "{other}",
    "na}me",
    "x'; DROP TABLE scored; --",
    '"; redis.call("FLUSHALL") --',
    "$(reboot)",
    "`reboot`",
    "%2e%2e%2f",
    "na\u202eme",
    "ｎame",  # full-width letters that normalise to ASCII
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_topic_name_is_refused_in_the_settings(name: str) -> None:
    for setting in ("topic", "dead_letter_topic"):
        with pytest.raises(ValidationError, match=setting):
            KafkaSettings.model_validate({setting: name})


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", [("verify", "--no-kafka", "--no-redis"), ("rates",), ("dlq", "show")])
def test_a_hostile_topic_name_is_refused_on_the_command_line(
    badbuzz: Callable[..., tuple[int, str, str]],
    command: tuple[str, ...],
    name: str,
) -> None:
    code, out, err = badbuzz(*command, "--topic", name)
    assert (code, out) == (Usage.exit_code, "")
    assert "--topic" in err
    assert repr(name) in err


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_brand_name_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match=r"entry 1.*: name"):
        read_brands(yaml.safe_dump([{"name": name, "phrases": ["x"]}]).encode())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_name_version_or_alias_is_refused(name: str, tmp_path: Path) -> None:
    registry = Registry.open(str(tmp_path / "registry"))
    for ref in (f"{name}:1", f"{name}@production", f"tiny:{name}", f"tiny@{name}"):
        with pytest.raises(Misconfigured, match="expected name:version or name@alias"):
            parse_ref(ref)
        with pytest.raises(Misconfigured, match="expected name:version or name@alias"):
            registry.resolve(ref)
    with pytest.raises(Misconfigured, match="expected name:version or name@alias"):
        parse_alias("tiny", name)


def test_a_hostile_brand_in_a_query_only_matches_itself(redis_url: str) -> None:
    settings = RedisSettings(url=SecretStr(redis_url))
    with closing(RedisCounters(connect_redis(settings), "tweets")) as sink, connect_redis(settings) as client:
        sink.open(TOPIC_ID, BUCKETS, 1)
        sink.take_over([0])
        sink.apply([make_update(0, None, 10)])
        before = set(client.scan_iter())
        rates = RateReader(client, "tweets").read([*HOSTILE, "acme*", "ac?e", f"acme:10:{BUCKET}"], [60])
        assert {rate.tweets for rate in rates} == {0}
        assert set(client.scan_iter()) == before


def test_hostile_tweets_are_only_data(secured: Secured) -> None:
    """Texts, ids and authors are unchanged in Parquet and do not reach Redis or paths."""
    for user in ("badbuzz-worker", "badbuzz-verify"):
        secured.kafka.allow(secured.grants(user))
    hostile = [name or "nothing" for name in HOSTILE]
    with KafkaProducer(**secured.kafka.client_options("admin")) as producer:
        for name in hostile:
            tweet = {"id": name, "text": f"albatros air {name}", "author": name, "source": name}
            producer.send(secured.system.topic, value=json.dumps(tweet).encode(), partition=0)
    worked = secured.system.run(
        "work", "--until-drained", "--health-port", "0", **secured.as_user("badbuzz-worker")
    )
    assert (worked.returncode, worked.stderr) == (0, "")
    secured.system.settings |= secured.as_user("badbuzz-verify")
    secured.system.verify()
    rows = secured.system.rows().sort_by("offset")
    assert rows["id"].to_pylist() == hostile
    made = {path.name for path in secured.system.folder.rglob("*")}
    assert not made & {"passwd", "boot.ini", "b"}


def test_a_folder_name_is_quoted_in_sql(tmp_path: Path) -> None:
    folder = tmp_path / "x'; CREATE TABLE taken (a INT); --"
    day = folder / "dt=2026-01-01"
    day.mkdir(parents=True)
    pq.write_table(pa.table({"score": [0.5]}), day / "one.parquet")
    with duckdb.connect() as connection:
        connection.execute(make_view_sql(str(folder)))
        assert connection.execute("SHOW TABLES").fetchall() == [("scored",)]
        assert connection.execute("SELECT score FROM scored").fetchall() == [(0.5,)]
