"""Contract 3, read: rolling rates from Redis; and how every part connects to Redis."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry as Attempts

from badbuzz.counters import topic_key
from badbuzz.errors import BadBuzzError, Misconfigured, Retry, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from badbuzz.settings import RedisSettings

_TIMEOUT_S = 3.0
"""Longest wait for one answer: a frozen server must not hold a worker for longer than its group waits for it."""
_RECONNECTIONS = 1
"""A pooled connection may have died unnoticed. More would be patience, and that is the caller's."""

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
"""The second is Redis 7.0's, the first that of later ones and of Valkey."""
_DISTRUST = ("CERTIFICATE_VERIFY_FAILED", "NO_CERTIFICATE_OR_CRL_FOUND")
"""OpenSSL's words, which redis-py reports like a server that is away; the second is about the file of authorities."""
_AWAY_CODES = ("BUSY ", "MISCONF ", "NOREPLICAS ", "UNKILLABLE ")


def connect(settings: RedisSettings) -> redis.Redis:
    """A client for the counters' server; it connects with its first command.

    :raises Misconfigured: if the URL makes no sense. The message does not repeat it: it may hold a password.
    """
    try:
        client = redis.Redis.from_url(
            settings.url.get_secret_value(),
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Attempts(NoBackoff(), _RECONNECTIONS),
        )
        options = client.connection_pool.connection_kwargs
        # Makes no connection: it tells wrong parameters now, which the first command would meet otherwise.
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
    """Turn redis-py's errors into ours; ``explain`` is asked about answers that concern neither access nor availability.

    :raises Retry: if the server is away, loading, busy, full, read-only or without its replicas.
    :raises Misconfigured: if it refuses us, or is too old.
    """
    try:
        yield
    except _REFUSED as error:
        raise _no_access(error) from None
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
            raise _no_access(error) from None
        if "unknown command" in message.lower():
            raise Misconfigured(f"redis: {message}; functions need Redis 7 or Valkey") from None
        raise explain(message) from None


def _no_access(error: Exception) -> Misconfigured:
    return Misconfigured(
        f"redis refuses us: {error}; check the user in BADBUZZ_REDIS__URL and its ACL (docs/counters.md)"
    )


@dataclass(frozen=True, slots=True)
class Rate:
    """What people feel about a brand: the tweets in all buckets that touch the last ``window_seconds``.

    ``rate`` is the share of negative tweets; mean and standard deviation are of p(negative). They are None if there
    were no tweets. ``from_s`` and ``to_s`` are in seconds since 1970. ``stale_seconds``: tweets that Kafka took since
    then may be missing.
    """

    brand: str
    window_seconds: int
    tweets: int
    negative: int
    rate: float | None
    mean_p_negative: float | None
    stddev_p_negative: float | None
    from_s: int
    to_s: int
    stale_seconds: float

    @classmethod
    def from_reply(cls, brand: str, reply: Sequence[bytes | None]) -> Self:
        """Read what ``badbuzz_rate`` answers: names and values in turn."""
        values: dict[bytes | None, Any] = dict(zip(reply[::2], reply[1::2], strict=True))
        return cls(
            brand=brand,
            window_seconds=int(values[b"window_seconds"]),
            tweets=int(values[b"tweets"]),
            negative=int(values[b"negative"]),
            rate=_number(values[b"rate"]),
            mean_p_negative=_number(values[b"mean_p_negative"]),
            stddev_p_negative=_number(values[b"stddev_p_negative"]),
            from_s=int(values[b"from"]),
            to_s=int(values[b"to"]),
            stale_seconds=float(values[b"stale_seconds"]),
        )


def _number(value: bytes | None) -> float | None:
    return None if value is None else float(value)


class Rates:
    """One topic's rolling rates, computed on the server when asked for.

    Every method raises ``Retry`` if the server is away or nobody counts there yet, ``Misconfigured`` if it refuses us.
    """

    def __init__(self, client: redis.Redis, topic: str) -> None:
        self._client = client
        self._key = topic_key(topic)

    def brands(self) -> list[str]:
        """The brands that were named within the retention, the latest first; ``all`` is not among them."""
        with redis_errors(_explain):
            found: Any = self._client.fcall_ro("badbuzz_brands", 1, self._key)
        return [brand.decode() for brand in found]

    def of(self, brands: Iterable[str], windows: Sequence[int]) -> list[Rate]:
        """The rates of each brand (or ``all``) over each window, in seconds, in one round trip.

        :raises Usage: if a window is shorter than a second or longer than the retention.
        """
        wanted = [(brand, window) for brand in brands for window in windows]
        with redis_errors(_explain):
            pipeline = self._client.pipeline(transaction=False)
            for brand, window in wanted:
                pipeline.fcall_ro("badbuzz_rate", 1, self._key, brand, str(window))
            replies = pipeline.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
        return [Rate.from_reply(brand, reply) for (brand, _), reply in zip(wanted, replies, strict=True)]


def _explain(message: str) -> BadBuzzError:
    if "Function not found" in message or message.startswith("BADBUZZ_EMPTY"):
        return Retry(
            "redis",
            "nothing is counted for this topic yet; check BADBUZZ_KAFKA__TOPIC, and that a worker is running",
        )
    if message.startswith("BADBUZZ_ARGUMENT"):
        return Usage(f"redis: {message.partition(' ')[2]}")
    return Misconfigured(f"redis: {message}")
