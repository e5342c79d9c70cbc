from __future__ import annotations

import time
import uuid

from badbuzz.clients.rates import RateReader
from badbuzz.clients.redis_client import connect_redis
from badbuzz.contracts.counters import Buckets, CounterUpdate, Tally
from badbuzz.settings import RedisSettings
from worker.counters.redis_sink import RedisCounters

BUCKETS = Buckets(seconds=10, retention_seconds=7_200)


class CountedTopic:
    """A topic with two partitions and its counters in Redis."""

    def __init__(self, url: str) -> None:
        settings = RedisSettings(url=url)
        self.topic = f"t-{uuid.uuid4().hex}"
        self.sink = RedisCounters(connect_redis(settings), self.topic)
        self.sink.open("id", BUCKETS, 2)
        self.rates = RateReader(connect_redis(settings), self.topic)

    def count(self, tallies: dict[tuple[str, int], Tally]) -> None:
        self.sink.take_over([0])
        self.sink.apply([CounterUpdate(0, None, 1, tallies, settled=1)])


def current_bucket() -> int:
    return int(time.time()) // 10 * 10
