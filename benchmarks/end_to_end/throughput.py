"""A topic full of tweets, and one, two, four worker processes that drain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.drain import Topic, drain
from benchmarks.load.texts import texts
from benchmarks.load.topic import create_topic, fill
from benchmarks.report.figures import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.ground.servers import Servers
    from benchmarks.report.figures import Json

START_TWEETS = 5_000


def full_topic(
    servers: Servers, tweets: int, *, partitions: int | None = None, found: Iterator[str] | None = None
) -> Topic:
    """A topic with so many tweets: those of ``found``, or any."""
    name = create_topic(servers.bootstrap, **({} if partitions is None else {"partitions": partitions}))
    fill(servers.bootstrap, name, found or texts(servers.data), tweets)
    return Topic(name, tweets) if partitions is None else Topic(name, tweets, partitions)


def throughput(servers: Servers, tweets: int, processes: Sequence[int], rounds: int) -> Json:
    """Drain the same topic in rounds that take turns, so that what else the machine does falls on all alike."""
    topic = full_topic(servers, tweets)
    measured: dict[int, list[dict[str, float]]] = {number: [] for number in processes}
    for _ in range(rounds):
        for number in processes:
            measured[number].append(drain(servers, topic, number).figures())
    return {"tweets": tweets, "processes": {str(number): figures(rows) for number, rows in measured.items()}}


def start(servers: Servers, rounds: int) -> Json:
    """Start a worker on a topic that waits: seconds from exec to the first scored tweets in the counters."""
    topic = full_topic(servers, START_TWEETS)
    return figures({"first_scored_s": drain(servers, topic).first_s} for _ in range(rounds))
