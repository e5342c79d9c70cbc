"""The throughput of one, two and four worker processes on a full topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.drain import FilledTopic, drain
from benchmarks.load.texts import make_texts
from benchmarks.load.topic import create_topic, write_tweets
from benchmarks.report.figures import to_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers

START_TWEETS = 5_000


def fill_topic(
    servers: Servers, tweets: int, *, partitions: int | None = None, found: Iterator[str] | None = None
) -> FilledTopic:
    """Make a topic with that many tweets, taken from ``found`` if given."""
    name = create_topic(servers.bootstrap, **({} if partitions is None else {"partitions": partitions}))
    write_tweets(servers.bootstrap, name, found or make_texts(servers.data), tweets)
    return FilledTopic(name, tweets) if partitions is None else FilledTopic(name, tweets, partitions)


def measure_throughput(servers: Servers, tweets: int, processes: Sequence[int], rounds: int) -> Json:
    """Drain the same topic in rounds that take turns, so that other load on the machine affects all alike."""
    topic = fill_topic(servers, tweets)
    measured: dict[int, list[dict[str, float]]] = {number: [] for number in processes}
    for _ in range(rounds):
        for number in processes:
            measured[number].append(drain(servers, topic, number).to_figures())
    return {
        "tweets": tweets,
        "processes": {str(number): to_figures(rows) for number, rows in measured.items()},
    }


def measure_start(servers: Servers, rounds: int) -> Json:
    """Start a worker on a full topic: seconds from exec to the first scored tweets in the counters."""
    topic = fill_topic(servers, START_TWEETS)
    return to_figures({"first_scored_s": drain(servers, topic).first_s} for _ in range(rounds))
