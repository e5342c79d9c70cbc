"""Replays a file: mixes its classes, adds a crisis, and sends each tweet when it is due."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from badbuzz.errors import DataRefused
from producer.rejected_rows import RejectedRow, RejectsFile
from producer.replay.mixing import interleave

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from badbuzz.contracts.tweet import Tweet
    from producer.files.tweet_file import TweetFile
    from producer.publisher import Publisher
    from producer.replay.clock import ReplayClock
    from producer.replay.crisis import Crisis


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """The result of a replay."""

    sent: int
    in_crisis: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Tweets per second, from the start to the last acknowledgement."""
        return self.sent / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay of one file. ``limit`` counts all tweets, including those of the crisis."""

    file: TweetFile
    publisher: Publisher
    clock: ReplayClock
    rejects: RejectsFile
    stop: threading.Event
    seed: int = 0
    loop: bool = False
    limit: int | None = None
    crisis: Crisis | None = None

    def run(self, on_sent: Callable[[int], None] = lambda _sent: None) -> ReplaySummary:
        """Replay until the file ends, the limit is reached or a stop is requested. Return when all tweets are delivered.

        :param on_sent: called after each tweet with the number of tweets sent.
        :raises DataRefused: if no row of the file can be read.
        :raises GiveUp: if the publisher gives up.
        """
        started = time.monotonic()
        rows = self.read_tweets()
        sent = in_crisis = 0
        while sent != self.limit and not self.stop.is_set():
            elapsed = self.clock.wait(sent)
            if self.stop.is_set():
                break
            is_crisis = self.crisis is not None and self.crisis.draw(elapsed)
            tweet = self.crisis.next_tweet() if self.crisis and is_crisis else next(rows, None)
            if tweet is None:
                break
            tweet["created_at"] = self.clock.date_at(elapsed)
            self.publisher.send(tweet)
            sent += 1
            in_crisis += is_crisis
            on_sent(sent)
        self.publisher.flush()
        return ReplaySummary(sent, in_crisis, time.monotonic() - started)

    def read_tweets(self) -> Iterator[Tweet]:
        """Yield the file's rows with mixed classes. With ``loop``, repeat them under new ids (``id-2``, ``id-3``, …)."""
        for number in itertools.count(1):
            count = 0
            for tweet in self._read_round(number):
                count += 1
                yield tweet
            if not count:
                raise DataRefused(f"no row can be replayed: {self.rejects.summary}")
            if not self.loop:
                return

    def _read_round(self, number: int) -> Iterator[Tweet]:
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311 - reproducible, not secret
        streams = [(size, self.file.read_tweets(label)) for label, size in self.file.count_rows().items()]
        for row in interleave(streams, rng):
            if isinstance(row, RejectedRow):
                if number == 1:
                    self.rejects.add(row)
                continue
            if number > 1:
                row["id"] = f"{row['id']}-{number}"
            yield row
