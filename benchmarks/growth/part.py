"""The part "growth" of the report: one worker process, while one input grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.end_to_end.drain import drain
from benchmarks.end_to_end.throughput import fill_topic
from benchmarks.growth.brands import make_brand_names, write_brands
from benchmarks.growth.start import measure_start_with_files
from benchmarks.load.texts import make_texts
from benchmarks.load.topic import delete_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.end_to_end.drain import DrainResult
    from benchmarks.report.figures import Json
    from benchmarks.servers.running import Servers
    from benchmarks.sizes import Sizes

EARLY_TWEETS = 100_000
"""A worker's memory at the end is compared with its memory after this many."""
_END = 0.95
"""Share of the backlog after which memory counts as memory at the end."""


def measure_growth(servers: Servers, sizes: Sizes) -> Json:
    """Measure everything that grows."""
    return {
        "tweets": sizes.growth_tweets,
        "brands": _each(sizes.brands, lambda count: _drain_with_brands(servers, sizes.growth_tweets, count)),
        "partitions": _each(
            sizes.partitions, lambda count: _drain_new_topic(servers, sizes.growth_tweets, partitions=count)
        ),
        "words": _each(sizes.words, lambda words: _drain_with_words(servers, sizes.growth_tweets, words)),
        "backlog": _each(sizes.backlogs, lambda tweets: _drain_new_topic(servers, tweets)),
        "files": {str(files): measure_start_with_files(servers, files) for files in sizes.files},
    }


def _each(sizes: Iterable[int], run: Callable[[int], DrainResult]) -> Json:
    return {str(size): _to_json(run(size)) for size in sizes}


def _to_json(found: DrainResult) -> Json:
    return {**found.to_figures(), "memory_ratio": compare_memory(found)}


def compare_memory(found: DrainResult) -> float | None:
    """Return megabytes at the end over those after the first 100,000 tweets; None if the run is too short."""
    early = [mb for counted, mb in found.held if EARLY_TWEETS <= counted <= 2 * EARLY_TWEETS]
    late = [mb for counted, mb in found.held if counted >= found.tweets * _END]
    if found.tweets < 2 * EARLY_TWEETS or not early or not late:
        return None
    return max(late) / max(early)


def _drain_new_topic(servers: Servers, tweets: int, partitions: int | None = None) -> DrainResult:
    topic = fill_topic(servers, tweets, partitions=partitions)
    try:
        return drain(servers, topic)
    finally:
        delete_topic(servers.bootstrap, topic.name)


def _drain_with_brands(servers: Servers, tweets: int, count: int) -> DrainResult:
    names = make_brand_names(count)
    topic = fill_topic(servers, tweets, found=make_texts(servers.data, brands=names))
    brands = write_brands(servers.folder / "brands.yaml", count)
    return drain(servers, topic, BADBUZZ_BRANDS=str(brands))


def _drain_with_words(servers: Servers, tweets: int, words: int) -> DrainResult:
    return drain(servers, fill_topic(servers, tweets, found=make_texts(words=words)))
