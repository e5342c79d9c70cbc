"""The rights in ``docs/security.md`` and ``docs/counters.md`` are enough on real servers, and each is needed."""

from __future__ import annotations

import csv
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer
from pydantic import SecretStr

from badbuzz.clients.redis_client import connect_redis, redis_errors
from badbuzz.errors import Misconfigured
from badbuzz.settings import RedisSettings
from tests.security.kafka_rights import Grant
from tests.security.redis_rights import read_documented_words as redis_words
from tests.worker.counters.backends import BUCKETS, TOPIC_ID
from tests.worker.counters.test_port import make_update
from worker.counters.redis_sink import RedisCounters
from worker.verify.redis_counters import RedisCounterReader

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.security.conftest import Secured

USERS = ("badbuzz-worker", "badbuzz-producer", "badbuzz-verify")
TWEETS = 60
MISCONFIGURED = Misconfigured.exit_code
WORK = ("work", "--until-drained", "--health-port", "0")
HIDDEN = "hides topic {name!r} from user {user!r}: grant the operation {operation} on it"
VERIFY = ("verify", "--complete", "--json")


def produce(secured: Secured) -> CompletedProcess[str]:
    """Run ``badbuzz produce`` with a file in the format of Sentiment140."""
    file = secured.system.folder / "tweets.csv"
    with file.open("w", encoding="latin-1", newline="") as out:
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
            [
                "0",
                str(number),
                "Mon Apr 06 22:19:45 PDT 2009",
                "NO_QUERY",
                "somebody",
                f"my bag is late {number}",
            ]
            for number in range(TWEETS)
        )
    return secured.system.run(
        "produce", "replay", str(file), "--no-create-topic", **secured.as_user("badbuzz-producer")
    )


def send_garbage(secured: Secured) -> None:
    options = secured.kafka.client_options("admin")
    with KafkaProducer(**options) as producer:
        producer.send(secured.system.topic, value=b"not JSON", partition=0).get(30)


def has_no_secret(secured: Secured, done: CompletedProcess[str]) -> bool:
    output = done.stdout + done.stderr
    return not any(secret in output for secret in secured.secrets())


@pytest.mark.slow
def test_the_documented_rights_are_enough_from_producer_to_verify(secured: Secured) -> None:
    for user in USERS:
        secured.kafka.allow(secured.grants(user))
    produced = produce(secured)
    assert produced.returncode == 0, produced.stderr
    send_garbage(secured)

    worked = secured.system.run(*WORK, **secured.as_user("badbuzz-worker"))
    assert (worked.returncode, worked.stdout, worked.stderr) == (0, "", "")
    assert secured.system.rows().num_rows == TWEETS

    verified = secured.system.run(*VERIFY, **secured.as_user("badbuzz-verify"))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    rates = secured.system.run("rates", "--json", **secured.as_user("badbuzz-producer"))
    assert rates.returncode == 0, rates.stderr
    assert f'"tweets": {TWEETS}' in rates.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("user", "operation", "thing", "expected"),
    [
        ("badbuzz-worker", "Read", "topic", HIDDEN),
        ("badbuzz-worker", "Read", "group", "refuses us: [Error 30] GroupAuthorizationFailedError: {name};"),
        ("badbuzz-worker", "Write", "letters", "not allowed to write dead letters to {name!r}"),
        ("badbuzz-producer", "Write", "topic", HIDDEN),
        ("badbuzz-verify", "Read", "topic", HIDDEN),
        ("badbuzz-verify", "Read", "letters", HIDDEN),
    ],
)
def test_a_missing_right_in_kafka_is_named(
    secured: Secured, user: str, operation: str, thing: str, expected: str
) -> None:
    name = {
        "topic": secured.system.topic,
        "letters": secured.system.dead_letter_topic,
        "group": secured.system.settings["BADBUZZ_KAFKA__GROUP"],
    }[thing]
    others = [grant for grant in secured.grants(user) if (grant.operation, grant.name) != (operation, name)]
    assert len(others) == len(secured.grants(user)) - 1
    secured.kafka.allow(others)
    send_garbage(secured)
    if user == "badbuzz-producer":
        done = produce(secured)
    else:
        done = secured.system.run(*(WORK if user == "badbuzz-worker" else VERIFY), **secured.as_user(user))
    assert done.returncode == MISCONFIGURED, done.stdout + done.stderr
    assert expected.format(user=user, operation=operation, name=name) in done.stderr
    assert "Traceback" not in done.stderr
    assert has_no_secret(secured, done)


@pytest.mark.slow
def test_a_producer_with_describe_only_is_refused(secured: Secured) -> None:
    secured.kafka.allow([Grant("badbuzz-producer", "Describe", "topic", secured.system.topic)])
    done = produce(secured)
    assert done.returncode == MISCONFIGURED
    assert "refuses us" in done.stderr
    assert "ACLs" in done.stderr


@pytest.mark.parametrize("user", ["badbuzz-worker", "badbuzz-verify", "badbuzz-alerts"])
def test_users_have_no_other_rights_in_redis(secured: Secured, user: str) -> None:
    with connect_redis(RedisSettings(url=SecretStr(secured.redis.url(user)))) as client:
        for command in ("FLUSHALL", "CONFIG GET *", "KEYS *", "ACL LIST", "GET elsewhere"):
            with pytest.raises(Misconfigured, match="redis refuses us"), redis_errors():
                client.execute_command(*command.split())


REDIS_WORKER = [word for word in redis_words("badbuzz-worker") if word.startswith("+")]


@pytest.mark.parametrize("right", REDIS_WORKER)
def test_a_missing_right_of_a_worker_in_redis_is_named(secured: Secured, right: str) -> None:
    secured.redis.allow("badbuzz-worker", without=[right])
    with pytest.raises(Misconfigured, match="redis refuses us") as refused:
        run_all_worker_calls(secured)
    assert right.removeprefix("+").split("|")[0] in str(refused.value).lower()


def test_the_rights_of_a_worker_in_redis_are_enough(secured: Secured) -> None:
    run_all_worker_calls(secured)


def run_all_worker_calls(secured: Secured) -> None:
    """Run all Redis calls of a worker, including the undoing of a dead rival's counts."""
    settings = RedisSettings(url=SecretStr(secured.redis.url("badbuzz-worker")))
    with (
        closing(RedisCounters(connect_redis(settings), secured.system.topic)) as worker,
        closing(RedisCounters(connect_redis(settings), secured.system.topic)) as rival,
    ):
        for sink in (worker, rival):
            sink.open(TOPIC_ID, BUCKETS, 1)
        worker.take_over([0])
        for start, end in ((None, 10), (10, 20), (20, 30)):
            worker.apply([make_update(0, start, end, appended_ms=1)])
        worker.touch({0: 10})
        rival.take_over([0])
        rival.apply([make_update(0, 10, 20, settled=20)])
    with closing(RedisCounters(connect_redis(settings), secured.system.topic)) as later:
        later.open(TOPIC_ID, BUCKETS, 2)
        later.take_over([1])
        later.apply([make_update(1, None, 10, appended_ms=1)])
        later.take_over([1])


@pytest.mark.parametrize("right", [word for word in redis_words("badbuzz-verify") if word.startswith("+")])
def test_a_missing_right_of_verify_in_redis_is_named(secured: Secured, right: str) -> None:
    run_all_worker_calls(secured)
    secured.redis.allow("badbuzz-verify", without=[right])
    settings = RedisSettings(url=SecretStr(secured.redis.url("badbuzz-verify")))
    with connect_redis(settings) as client, pytest.raises(Misconfigured, match=f"'{right[1:]}'"):
        run_all_verify_calls(RedisCounterReader(client, secured.system.topic))


def run_all_verify_calls(counts: RedisCounterReader) -> None:
    counts.fetch_time()
    counts.fetch_positions()
    counts.fetch_tallies(BUCKETS)
    assert counts.fetch_snapshot()
