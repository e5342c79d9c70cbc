"""Reads the rolling rates of contract 3 from Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from badbuzz.clients.redis_client import redis_errors
from badbuzz.contracts.counters import build_topic_key
from badbuzz.errors import BadBuzzError, Misconfigured, Retry, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import redis


@dataclass(frozen=True, slots=True)
class BrandRate:
    """The rate of one brand: the tweets in all buckets that overlap the last ``window_seconds``.

    ``tweets`` are those that the model could read. ``rate`` is the share of negative ones among them; mean and standard
    deviation are of p(negative). They are None if there were no such tweets. ``unread`` are the tweets that the model could
    not read. ``from_s`` and ``to_s`` are in seconds since 1970. ``stale_seconds``: tweets that Kafka took in
    these last seconds may be missing. ``last_post_seconds``: the newest tweet of the topic is at least this old; None while
    an older library is loaded.
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
    unread: int = 0
    last_post_seconds: int | None = None

    @classmethod
    def from_reply(cls, brand: str, reply: Sequence[bytes | None]) -> Self:
        """Read the reply of ``badbuzz_rate``: names and values in turn."""
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
            unread=int(values.get(b"unread", 0)),  # absent while a library of version 2 is loaded
            last_post_seconds=int(values[b"last_post_seconds"]) if b"last_post_seconds" in values else None,
        )


def _number(value: bytes | None) -> float | None:
    return None if value is None else float(value)


class RateReader:
    """Reads one topic's rolling rates. The server computes them on each call.

    Every method raises ``Retry`` if the server is away or has no counters yet, ``Misconfigured`` if it refuses us.
    """

    def __init__(self, client: redis.Redis, topic: str) -> None:
        self._client = client
        self._key = build_topic_key(topic)

    def list_brands(self) -> list[str]:
        """Return the brands named within the retention, the latest first, without ``all``."""
        with redis_errors(_explain, self._key):
            found: Any = self._client.fcall_ro("badbuzz_brands", 1, self._key)
        return [brand.decode() for brand in found]

    def read(self, brands: Iterable[str], windows: Sequence[int]) -> list[BrandRate]:
        """Return the rates of each brand (or ``all``) over each window, in seconds, in one round trip.

        :raises Usage: if a window is shorter than a second or longer than the retention.
        """
        wanted = [(brand, window) for brand in brands for window in windows]
        with redis_errors(_explain, self._key):
            pipeline = self._client.pipeline(transaction=False)
            for brand, window in wanted:
                pipeline.fcall_ro("badbuzz_rate", 1, self._key, brand, str(window))
            replies = pipeline.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
        return [BrandRate.from_reply(brand, reply) for (brand, _), reply in zip(wanted, replies, strict=True)]


def _explain(message: str) -> BadBuzzError:
    if "Function not found" in message or message.startswith("BADBUZZ_EMPTY"):
        return Retry(
            "redis",
            "nothing is counted for this topic yet; check BADBUZZ_KAFKA__TOPIC and that a worker is running",
        )
    if message.startswith("BADBUZZ_ARGUMENT"):
        return Usage(f"redis: {message.partition(' ')[2]}")
    return Misconfigured(f"redis: {message}")
