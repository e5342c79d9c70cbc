"""Connections to Redis, and what its errors mean."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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

_REFUSED = (
    exceptions.AuthenticationError,
    exceptions.AuthenticationWrongNumberOfArgsError,
    exceptions.AuthorizationError,
    exceptions.NoPermissionError,
)
_AWAY = (
    exceptions.ClusterDownError,
    exceptions.ConnectionError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.TimeoutError,
    exceptions.TryAgainError,
)
_NO_ACCESS_INSIDE_A_FUNCTION = ("ACL failure", "user executing the script")
"""Valkey and Redis after 7.0 send the first message, Redis 7.0 the second."""
_DISTRUST = ("CERTIFICATE_VERIFY_FAILED", "NO_CERTIFICATE_OR_CRL_FOUND")
"""OpenSSL's errors, which redis-py reports like an absent server; the second concerns the CA file."""
_RIGHT = "BADBUZZ_RIGHT "
"""Our functions name a right that their caller lacks."""
_AWAY_CODES = ("BUSY ", "MISCONF ", "NOREPLICAS ", "UNKILLABLE ")


def connect_redis(settings: RedisSettings) -> redis.Redis:
    """Return a client for the counters' server. It connects with its first command.

    :raises Misconfigured: if the URL is invalid. The message does not repeat it: it may hold a password.
    """
    try:
        client = redis.Redis.from_url(
            settings.url.get_secret_value(),
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


@contextmanager
def redis_errors(
    explain: Callable[[str], BadBuzzError] = lambda message: Misconfigured(f"redis: {message}"),
) -> Iterator[None]:
    """Turn redis-py's errors into ours.

    :param explain: makes our error of a message that concerns neither access nor availability.

    :raises Retry: if the server is away, loading, busy, full, read-only or without its replicas.
    :raises Misconfigured: if it refuses us or is too old.
    """
    try:
        yield
    except _REFUSED as error:
        raise _explain_refusal(error) from None
    except _AWAY as error:
        if any(words in str(error) for words in _DISTRUST):
            raise Misconfigured(
                f"redis is not trusted: {error} Check the host in BADBUZZ_REDIS__URL, the server's certificate, and whether "
                "ssl_ca_certs in the URL names its authority"
            ) from None
        raise Retry("redis", str(error) or type(error).__name__) from None
    except exceptions.ResponseError as error:
        message = str(error)
        if message.startswith(_AWAY_CODES):
            raise Retry("redis", message) from None
        if any(words in message for words in _NO_ACCESS_INSIDE_A_FUNCTION):
            raise _explain_refusal(error) from None
        if message.startswith(_RIGHT):
            raise _explain_refusal(f"its user lacks the right {message.removeprefix(_RIGHT)}") from None
        if "unknown command" in message.lower():
            raise Misconfigured(f"redis: {message}; functions need Redis 7 or Valkey") from None
        raise explain(message) from None


def _explain_refusal(error: Exception | str) -> Misconfigured:
    return Misconfigured(
        f"redis refuses us: {error}; check the user in BADBUZZ_REDIS__URL and its ACL (docs/counters.md)"
    )
