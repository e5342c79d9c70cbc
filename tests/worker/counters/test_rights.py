"""Missing rights: a function either does all of its work or none of it, whichever right is missing, at any moment."""

from __future__ import annotations

import re
import uuid
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
import redis

from badbuzz.clients.rates import RateReader
from badbuzz.embedded.valkey import run_valkey
from badbuzz.errors import Misconfigured
from tests.security.redis_rights import read_documented_words
from tests.worker.counters.backends import BUCKETS, TOPIC_ID
from tests.worker.counters.test_port import make_update
from tests.worker.counters.test_redis_sink import sink_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from worker.counters.redis_sink import RedisCounters

SOURCE = resources.files("worker.counters").joinpath("functions.lua").read_text(encoding="utf-8")
COMMANDS = {name.lower() for name in re.findall(r"redis\.call\('([A-Z]+)'", SOURCE)}
TABLES = {
    name: {command.lower() for command in re.findall(r"^  \{'([A-Z]+)'", table, re.MULTILINE)}
    for name, table in re.findall(r"^local (\w+)_RIGHTS = \{\n(.*?)^\}", SOURCE, re.MULTILINE | re.DOTALL)
}
DOCUMENTED = {
    user: {word[1:] for word in read_documented_words(user) if word.startswith("+")}
    for user in ("badbuzz-worker", "badbuzz-alerts")
}
WORKER, ALERTS = "badbuzz-worker", "badbuzz-alerts"


def test_every_command_of_the_functions_is_checked_and_documented() -> None:
    assert TABLES["WRITER"] | TABLES["READER"] == COMMANDS
    assert DOCUMENTED[WORKER] == TABLES["WRITER"] | {"info", "fcall", "function|load"}
    assert DOCUMENTED[ALERTS] == TABLES["READER"] | {"fcall_ro", "hgetall"}


@dataclass
class Server:
    """A server whose users the test changes at runtime."""

    admin: Any
    topic: str

    def allow(self, user: str, *, without: str = "", keys: tuple[str, ...] = ()) -> None:
        """Give the user the documented rights, without one of them, or on other keys."""
        words = [word for word in read_documented_words(user) if word != f"+{without}"]
        if keys:
            words = [word for word in words if not word.startswith(("~", "%R~"))] + list(keys)
        command = [word.replace("{tweets}", f"{{{self.topic}}}") for word in words]
        self.admin.execute_command(*command)

    def url(self, user: str) -> str:
        options: dict[str, Any] = self.admin.connection_pool.connection_kwargs
        return f"redis://{user}:change-me@{options['host']}:{options['port']}/0"

    def counts(self) -> dict[bytes, object]:
        """The contents without the owners, whose names are random."""
        return {key: value for key, value in self.contents().items() if not key.endswith(b":owner")}

    def contents(self) -> dict[bytes, object]:
        """Everything that is stored, without the moments at which it was seen or expires."""
        with redis.Redis(connection_pool=self.admin.connection_pool) as client:
            keys = sorted(client.scan_iter())
            return {key: _read(client, key) for key in keys if not key.endswith((b":seen", b":clock"))}


def _read(client: Any, key: bytes) -> object:
    match client.type(key):
        case b"hash":
            return client.hgetall(key)
        case b"list":
            return [re.sub(rb'"(seen|owner)":"\w*",?', b"", text) for text in client.lrange(key, 0, -1)]
        case kind:
            assert kind == b"zset"
            return client.zrange(key, 0, -1)


@pytest.fixture(scope="module")
def _url() -> Iterator[str]:
    """A server of its own: its users are changed."""
    with run_valkey() as url:
        yield url


@pytest.fixture
def server(_url: str) -> Iterator[Server]:
    with redis.Redis.from_url(_url) as admin:
        admin.flushdb()
        admin.function_flush()
        server = Server(admin, f"t-{uuid.uuid4().hex}")
        for user in DOCUMENTED:
            server.allow(user)
        yield server


Step = tuple[str, "Callable[[], object]"]


def make_traffic(worker: RedisCounters, rival: RedisCounters) -> list[Step]:
    """All that workers ask of the counters: every function, a takeover that undoes, a settled update, an emptied bucket."""
    return [
        ("open", partial(worker.open, TOPIC_ID, BUCKETS, 1)),
        ("more partitions", partial(rival.open, TOPIC_ID, BUCKETS, 2)),
        ("first takeover", partial(worker.take_over, [0])),
        ("first update", partial(worker.apply, [make_update(0, None, 10, appended_ms=1)])),
        ("pending update", partial(worker.apply, [make_update(0, 10, 20, appended_ms=2)])),
        ("settled update", partial(worker.apply, [make_update(0, 20, 30, settled=10, appended_ms=3)])),
        ("touch", partial(worker.touch, {0: 20})),
        ("takeover with an undo", partial(rival.take_over, [0])),
        ("update of the rival", partial(rival.apply, [make_update(0, 20, 40, settled=40)])),
        ("second partition", partial(rival.take_over, [1])),
        ("its update", partial(rival.apply, [make_update(1, None, 5, appended_ms=1)])),
        ("its undo", partial(worker.take_over, [1])),
    ]


def run_traffic(server: Server, take_away: Callable[[], None], moment: int = -1) -> list[tuple[str, str]]:
    """Run all steps. Call ``take_away`` before step ``moment``, and give the rights back when a step was refused.

    Return the names of the steps that were refused, and the messages. A refused step must not have changed anything.
    """
    refused = []
    url = server.url(WORKER)
    with closing(sink_on(url, server.topic)) as worker, closing(sink_on(url, server.topic)) as rival:
        for index, (name, step) in enumerate(make_traffic(worker, rival)):
            if index == moment:
                take_away()
            before = server.contents()
            message = _try(step)
            if message:
                assert server.contents() == before, (name, message)
                refused.append((name, message))
                server.allow(WORKER)
                step()
    return refused


def _try(step: Callable[[], object]) -> str:
    """Return the message of a refusal, else an empty string."""
    try:
        step()
    except Misconfigured as error:
        return str(error)
    return ""


@pytest.fixture
def expected(server: Server) -> dict[bytes, object]:
    """The counters after the traffic of a worker with all rights."""
    assert run_traffic(server, lambda: None) == []
    return server.counts()


STEPS = range(12)
KEYS = {
    "read only": ("%R~badbuzz:{tweets}*",),
    "none": ("~elsewhere:*",),
    **{
        f"without {kind}": ("~badbuzz:{tweets}", f"~badbuzz:{{tweets}}:[^{kind[0]}]*")
        for kind in ("meta", "count", "brands", "applied", "seen", "totals", "owner", "pending")
    },
}


@pytest.mark.parametrize("right", sorted(TABLES["WRITER"] | {"fcall"}))
def test_a_right_that_is_taken_away_at_any_moment(
    server: Server, expected: dict[bytes, object], right: str
) -> None:
    for moment in STEPS:
        server.admin.flushdb()
        ((_, message),) = run_traffic(server, partial(server.allow, WORKER, without=right), moment)
        assert re.search(rf"\b{right}\b", message), message
        assert server.counts() == expected, moment


@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
def test_keys_that_are_taken_away_at_any_moment(
    server: Server, expected: dict[bytes, object], keys: tuple[str, ...]
) -> None:
    for moment in STEPS:
        server.admin.flushdb()
        ((_, message),) = run_traffic(server, partial(server.allow, WORKER, keys=keys), moment)
        assert message.startswith("redis refuses us")
        assert server.counts() == expected, moment


def test_the_steps_are_all_steps(server: Server) -> None:
    with closing(sink_on(server.url(WORKER), server.topic)) as sink:
        assert len(make_traffic(sink, sink)) == len(STEPS)


@pytest.mark.parametrize("right", ["info", "function|load"])
def test_a_right_that_only_the_start_needs(server: Server, expected: dict[bytes, object], right: str) -> None:
    server.admin.flushdb()
    server.admin.function_flush()
    refused = run_traffic(server, partial(server.allow, WORKER, without=right), 0)
    assert [name for name, _ in refused] == ["open"]
    assert right.partition("|")[0] in refused[0][1].lower()
    assert server.counts() == expected


@pytest.mark.parametrize("right", sorted(TABLES["READER"] | {"fcall_ro"}))
def test_a_missing_right_of_a_reader_is_named(
    server: Server, expected: dict[bytes, object], right: str
) -> None:
    server.allow(ALERTS, without=right)
    with closing(redis.Redis.from_url(server.url(ALERTS))) as client:
        reader = RateReader(client, server.topic)
        for read in (reader.list_brands, lambda: reader.read(["acme"], [3_600])):
            with pytest.raises(Misconfigured, match=rf"\b{right}\b"):
                read()
        server.allow(ALERTS)
        assert reader.list_brands() == ["acme"]
        assert reader.read(["acme"], [3_600])[0].tweets == 3
    assert server.counts() == expected
