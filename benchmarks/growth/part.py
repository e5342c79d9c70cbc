"""The part "growth" of the report: one thing grows, and one worker process is measured on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.drain import drain
from benchmarks.end_to_end.throughput import full_topic
from benchmarks.growth.brands import brand_names, write_brands
from benchmarks.growth.start import start_with_files
from benchmarks.load.texts import texts
from benchmarks.load.topic import delete_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.end_to_end.drain import Drained
    from benchmarks.ground.servers import Servers
    from benchmarks.report.figures import Json
    from benchmarks.sizes import Sizes

EARLY_TWEETS = 100_000
"""A worker's memory after so many is what its memory at the end is compared with."""
_END = 0.95
"""Of the backlog: what is held after so many, and until all are counted, is what is held at the end."""


def growth(servers: Servers, sizes: Sizes) -> Json:
    """Everything that grows."""
    return {
        "tweets": sizes.growth_tweets,
        "brands": _each(sizes.brands, lambda count: _with_brands(servers, sizes.growth_tweets, count)),
        "partitions": _each(
            sizes.partitions, lambda count: _drained(servers, sizes.growth_tweets, partitions=count)
        ),
        "words": _each(sizes.words, lambda words: _with_words(servers, sizes.growth_tweets, words)),
        "backlog": _each(sizes.backlogs, lambda tweets: _drained(servers, tweets)),
        "files": {str(files): start_with_files(servers, files) for files in sizes.files},
    }


def _each(sizes: Iterable[int], run: Callable[[int], Drained]) -> Json:
    return {str(size): _told(run(size)) for size in sizes}


def _told(found: Drained) -> Json:
    return {**found.figures(), "memory_ratio": memory_ratio(found)}


def memory_ratio(found: Drained) -> float | None:
    """Megabytes at the end over those after the first hundred thousand; None of a run that is hardly longer."""
    early = [mb for counted, mb in found.held if EARLY_TWEETS <= counted <= 2 * EARLY_TWEETS]
    late = [mb for counted, mb in found.held if counted >= found.tweets * _END]
    if found.tweets < 2 * EARLY_TWEETS or not early or not late:
        return None
    return max(late) / max(early)


def _drained(servers: Servers, tweets: int, partitions: int | None = None) -> Drained:
    topic = full_topic(servers, tweets, partitions=partitions)
    try:
        return drain(servers, topic)
    finally:
        delete_topic(servers.bootstrap, topic.name)


def _with_brands(servers: Servers, tweets: int, count: int) -> Drained:
    names = brand_names(count)
    topic = full_topic(servers, tweets, found=texts(servers.data, brands=names))
    brands = write_brands(servers.folder / "brands.yaml", count)
    return drain(servers, topic, BADBUZZ_BRANDS=str(brands))


def _with_words(servers: Servers, tweets: int, words: int) -> Drained:
    return drain(servers, full_topic(servers, tweets, found=texts(words=words)))
