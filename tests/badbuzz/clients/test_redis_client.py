from __future__ import annotations

import re
import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from redis import exceptions

from badbuzz.clients.redis_client import MEANINGS, Meaning, connect_redis, redis_errors
from badbuzz.errors import Misconfigured, Retry
from badbuzz.settings import RedisSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://:hunter2@127.0.0.1:port"])
def test_an_invalid_url_is_not_repeated_in_the_message(url: str) -> None:
    with pytest.raises(Misconfigured, match="BADBUZZ_REDIS__URL: expected redis://") as error:
        connect_redis(RedisSettings(url=url))
    assert "hunter2" not in str(error.value)


CLASSES = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == exceptions.__name__
]
NOT_RAISED = {"IncorrectPolicyType"}
"""Raised for a wrong argument in our own code only."""


@pytest.mark.parametrize("kind", CLASSES, ids=[kind.__name__ for kind in CLASSES])
def test_every_error_class_of_redis_has_a_meaning(kind: type[Exception]) -> None:
    nearest = [base for base in kind.__mro__ if base in MEANINGS]
    if kind.__name__ in NOT_RAISED:
        assert not nearest
        return
    assert kind is exceptions.RedisError or nearest[0] is not exceptions.RedisError, "name it in MEANINGS"
    error = kind("1 host:1") if issubclass(kind, exceptions.AskError) else kind("words of the server")
    expected = Retry if MEANINGS[nearest[0]] is Meaning.AWAY else Misconfigured
    with pytest.raises(expected, match=r"words of the server|host:1"), redis_errors():
        raise error


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("MOVED 3999 10.0.0.5:6381", "slot 3999, which holds the counters, has moved to 10.0.0.5:6381"),
        ("ASK 3999 10.0.0.5:6381", "slot 3999, which holds the counters, is moving to 10.0.0.5:6381"),
        ("READONLY You can't write against a read only replica.", "a replica, perhaps after a failover"),
        ("LOADING Redis is loading the dataset in memory", "has started and is loading its data"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "full: raise its maxmemory"),
        ("MISCONF Redis is configured to save RDB snapshots", "cannot save to its disk"),
        ("NOREPLICAS Not enough good replicas to write.", "too few replicas"),
        ("MASTERDOWN Link with MASTER is down", "Link with MASTER is down"),
        ("CLUSTERDOWN Hash slot not served", "Hash slot not served"),
        ("TRYAGAIN Multiple keys request during rehashing of slot", "is moving to another node"),
        ("BUSY Redis is busy running a script.", "runs for too long"),
        ("UNKILLABLE Sorry the script already executed write commands", "runs for too long"),
    ],
)
def test_each_reply_that_asks_to_wait_is_explained(reply: str, message: str) -> None:
    """The replies as bytes of a server, through redis-py's parser."""
    with answer_always(f"-{reply}\r\n") as address:
        client = connect_redis(RedisSettings(url=f"redis://{address}/0?protocol=2"))
        with closing(client), pytest.raises(Retry, match="^redis: .*" + re.escape(message)), redis_errors():
            client.fcall("badbuzz_open", 1, "key")


def test_a_server_that_speaks_another_protocol_is_named() -> None:
    with answer_always("HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        client = connect_redis(RedisSettings(url=f"redis://{address}/0?protocol=2"))
        with (
            closing(client),
            pytest.raises(Misconfigured, match=r"is BADBUZZ_REDIS__URL the address of"),
            redis_errors(),
        ):
            client.ping()


@contextmanager
def answer_always(answer: str) -> Iterator[str]:
    """A server that gives the same answer to each command; it accepts what a client says about itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    while received := connection.recv(65_536):
                        greetings = received.count(b"SETINFO")
                        answers = b"+OK\r\n" * greetings or answer.encode()
                        connection.sendall(answers)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield "127.0.0.1:{1}".format(*server.getsockname())
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (exceptions.ConnectionError("reset"), Retry),
        (exceptions.TimeoutError(), Retry),
        (exceptions.BusyLoadingError("loading"), Retry),
        (exceptions.ReadOnlyError("replica"), Retry),
        (exceptions.OutOfMemoryError("full"), Retry),
        (exceptions.MasterDownError("no link"), Retry),
        (exceptions.ClusterDownError("slots"), Retry),
        (exceptions.ResponseError("BUSY running a script"), Retry),
        (exceptions.ResponseError("MISCONF disk is full"), Retry),
        (exceptions.ResponseError("NOREPLICAS not enough good replicas"), Retry),
        (exceptions.AuthenticationError("WRONGPASS"), Misconfigured),
        (exceptions.NoPermissionError("no"), Misconfigured),
        (exceptions.ResponseError("ERR ACL failure in script: hset"), Misconfigured),
        (exceptions.ResponseError("ERR The user executing the script can't run this"), Misconfigured),
        (exceptions.ResponseError("ERR unknown command 'FCALL'"), Misconfigured),
        (exceptions.ResponseError("WRONGTYPE Operation against a key"), Misconfigured),
    ],
)
def test_each_error_of_redis_becomes_retry_or_misconfigured(theirs: Exception, ours: type[Exception]) -> None:
    with pytest.raises(ours), redis_errors():
        raise theirs
