from __future__ import annotations

import pytest
from redis import exceptions

from badbuzz.clients.redis_client import connect_redis, redis_errors
from badbuzz.errors import Misconfigured, Retry
from badbuzz.settings import RedisSettings


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://:hunter2@127.0.0.1:port"])
def test_an_invalid_url_is_not_repeated_in_the_message(url: str) -> None:
    with pytest.raises(Misconfigured, match="BADBUZZ_REDIS__URL: expected redis://") as error:
        connect_redis(RedisSettings(url=url))
    assert "hunter2" not in str(error.value)


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
