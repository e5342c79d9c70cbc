"""Connections to Redis, and what its errors mean."""

from __future__ import annotations

import re
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry as Attempts

from badbuzz.errors import BadBuzzError, Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from badbuzz.settings import RedisSettings

_TIMEOUT_S = 3.0
"""Limit of one request: a frozen server must not block a worker for longer than its consumer group waits for it."""
_RECONNECTIONS = 1
"""One retry, because a pooled connection may be broken. Callers decide about further retries."""


class Meaning(Enum):
    """What an error of redis-py means for a caller."""

    AWAY = "the server cannot answer now: wait"
    REFUSED = "the server refuses this user"
    REPLY = "the text of the reply decides"
    FOREIGN = "no answer of a server that Bad Buzz can use"


MEANINGS: Final[dict[type[Exception], Meaning]] = {
    exceptions.AskError: Meaning.AWAY,
    exceptions.BusyLoadingError: Meaning.AWAY,
    exceptions.ClusterDownError: Meaning.AWAY,
    exceptions.ClusterError: Meaning.AWAY,
    exceptions.ConnectionError: Meaning.AWAY,
    exceptions.ExternalAuthProviderError: Meaning.AWAY,
    exceptions.MasterDownError: Meaning.AWAY,
    exceptions.MaxConnectionsError: Meaning.AWAY,
    exceptions.MovedError: Meaning.AWAY,
    exceptions.OutOfMemoryError: Meaning.AWAY,
    exceptions.ReadOnlyError: Meaning.AWAY,
    exceptions.SlotNotCoveredError: Meaning.AWAY,
    exceptions.TimeoutError: Meaning.AWAY,
    exceptions.TryAgainError: Meaning.AWAY,
    exceptions.AuthenticationError: Meaning.REFUSED,
    exceptions.AuthenticationWrongNumberOfArgsError: Meaning.REFUSED,
    exceptions.AuthorizationError: Meaning.REFUSED,
    exceptions.NoPermissionError: Meaning.REFUSED,
    exceptions.ExecAbortError: Meaning.REPLY,
    exceptions.ModuleError: Meaning.REPLY,
    exceptions.NoScriptError: Meaning.REPLY,
    exceptions.ResponseError: Meaning.REPLY,
    exceptions.ChildDeadlockedError: Meaning.FOREIGN,
    exceptions.ClusterCrossSlotError: Meaning.FOREIGN,
    exceptions.CrossSlotTransactionError: Meaning.FOREIGN,
    exceptions.DataError: Meaning.FOREIGN,
    exceptions.InvalidPipelineStack: Meaning.FOREIGN,
    exceptions.InvalidResponse: Meaning.FOREIGN,
    exceptions.LockError: Meaning.FOREIGN,
    exceptions.LockNotOwnedError: Meaning.FOREIGN,
    exceptions.PubSubError: Meaning.FOREIGN,
    exceptions.RedisClusterException: Meaning.FOREIGN,
    exceptions.RedisError: Meaning.FOREIGN,
    exceptions.WatchError: Meaning.FOREIGN,
}
"""Every error class of redis-py. A class of a newer redis-py means what its nearest base class here means."""

_WAITING: Final[dict[type[Exception], str]] = {
    exceptions.OutOfMemoryError: "the server is full: raise its maxmemory, or remove other data",
    exceptions.ReadOnlyError: "the server is a replica, perhaps after a failover: waiting for a primary at this address",
    exceptions.BusyLoadingError: "the server has started and is loading its data",
    exceptions.TryAgainError: "the slot of the counters is moving to another node",
}
"""What happened, where the server's words do not say it."""

_AWAY_CODES: Final = {
    "BUSY": "a function or script of another client runs for too long",
    "MISCONF": "the server cannot save to its disk and so takes no writes",
    "NOREPLICAS": "the server has too few replicas and so takes no writes",
    "UNKILLABLE": "a function or script of another client runs for too long",
}
_NO_ACCESS_INSIDE_A_FUNCTION = ("ACL failure", "user executing the script")
"""Valkey and Redis after 7.0 send the first message, Redis 7.0 the second."""
_DISTRUST = ("CERTIFICATE_VERIFY_FAILED", "NO_CERTIFICATE_OR_CRL_FOUND")
"""OpenSSL's errors, which redis-py reports like an absent server; the second concerns the CA file."""
_RIGHT = "BADBUZZ_RIGHT "
"""Our functions name a right that their caller lacks."""


def connect_redis(settings: RedisSettings) -> redis.Redis:
    """Return a client for the counters' server. It connects with its first command.

    :raises Misconfigured: if the URL is invalid. The message does not repeat it: it may hold a password.
    """
    url = settings.url.get_secret_value()
    try:
        if not _has_valid_database(url):
            raise ValueError("redis-py would use database 0")  # noqa: TRY301 - explained like all other problems
        client = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Attempts(NoBackoff(), _RECONNECTIONS),
        )
        options = client.connection_pool.connection_kwargs
        # Makes no connection, but reports wrong parameters now instead of with the first command.
        client.connection_pool.connection_class(**options)
    except (ValueError, TypeError, exceptions.RedisError):
        raise Misconfigured(
            "BADBUZZ_REDIS__URL: expected redis://[user:password@]host[:port][/database], or with TLS, rediss://…[?ssl_ca_certs=FILE]"
        ) from None
    authorities = options.get("ssl_ca_certs")
    if authorities and not Path(authorities).is_file():
        raise Misconfigured(f"BADBUZZ_REDIS__URL: ssl_ca_certs: there is no file {authorities!r}")
    return client


def _has_valid_database(url: str) -> bool:
    """Return whether a URL's path is a number or empty. redis-py silently uses database 0 otherwise, and ignores a fragment."""
    parts = urlsplit(url)
    return parts.scheme == "unix" or (
        not parts.fragment and re.fullmatch("/?|/[0-9]+", parts.path) is not None
    )


@contextmanager
def redis_errors(
    explain: Callable[[str], BadBuzzError] = lambda message: Misconfigured(f"redis: {message}"),
    key: str = "",
) -> Iterator[None]:
    """Turn redis-py's errors into ours.

    :param explain: makes our error of a message that concerns neither access nor availability.
    :param key: the beginning of all keys that are used. The server's message does not name the key that it refuses.

    :raises Retry: if the server is away, loading, busy, full, read-only, without its replicas, or not the owner of the keys.
    :raises Misconfigured: if it refuses us or is too old.
    """
    try:
        yield
    except tuple(MEANINGS) as error:
        raise _translate(error, explain, key) from None


def redirect_redis(client: redis.Redis, host: str, port: int) -> redis.Redis:
    """Return a client for another node of the same cluster, with the same credentials. An empty host means the same one."""
    pool = client.connection_pool
    options = pool.connection_kwargs | {"host": host or pool.connection_kwargs["host"], "port": port}
    return redis.Redis(
        connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **options)
    )


def _translate(error: Exception, explain: Callable[[str], BadBuzzError], key: str) -> BadBuzzError:
    kind = next(kind for kind in type(error).__mro__ if kind in MEANINGS)
    match MEANINGS[kind]:
        case Meaning.REFUSED:
            is_about_key = isinstance(error, exceptions.NoPermissionError) and re.search(
                r"\bkeys?\b", str(error)
            )
            return _explain_refusal(f"{error}: it needs ~{key}*" if key and is_about_key else error)
        case Meaning.AWAY:
            return _explain_absence(error)
        case Meaning.FOREIGN:
            return Misconfigured(
                f"redis: {type(error).__name__}: {error}; is BADBUZZ_REDIS__URL the address of a Redis or Valkey server?"
            )
        case _:
            return _explain_reply(str(error), explain)


def _explain_absence(error: Exception) -> BadBuzzError:
    if any(words in str(error) for words in _DISTRUST):
        return Misconfigured(
            f"redis is not trusted: {error} Check the host in BADBUZZ_REDIS__URL, the server's certificate, and whether "
            "ssl_ca_certs in the URL names its authority"
        )
    if isinstance(error, exceptions.AskError):  # MovedError is one
        state = "has moved" if isinstance(error, exceptions.MovedError) else "is moving"
        return Retry(
            "redis",
            f"slot {error.slot_id}, which holds the counters, {state} to {error.host}:{error.port}; "
            "if this stays, set BADBUZZ_REDIS__URL to that node",
        )
    said = str(error) or type(error).__name__
    reason = next((why for kind, why in _WAITING.items() if isinstance(error, kind)), None)
    return Retry("redis", f"{reason} ({said})" if reason else said)


def _explain_reply(message: str, explain: Callable[[str], BadBuzzError]) -> BadBuzzError:
    code = message.partition(" ")[0]
    if code in _AWAY_CODES:
        return Retry("redis", f"{_AWAY_CODES[code]} ({message})")
    if any(words in message for words in _NO_ACCESS_INSIDE_A_FUNCTION):
        return _explain_refusal(message)
    if message.startswith(_RIGHT):
        right = message.removeprefix(_RIGHT)
        return _explain_refusal(f"its user lacks the right {right}{'*' if right.endswith(':') else ''}")
    if "unknown command" in message.lower():
        return Misconfigured(f"redis: {message}; functions need Redis 7 or Valkey")
    return explain(message)


def _explain_refusal(error: Exception | str) -> Misconfigured:
    return Misconfigured(
        f"redis refuses us: {error}; check the user in BADBUZZ_REDIS__URL and its ACL (docs/counters.md)"
    )
