"""Mixes the classes of a file that is sorted by label, with one row per class in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


def interleave(streams: Iterable[tuple[int, Iterator[T]]], rng: random.Random) -> Iterator[T]:
    """Merge streams of known lengths. Each keeps its order, and all possible mergers are equally likely.

    So the classes are mixed in proportion to their remaining rows, and none ends long before the others. A stream that ends
    early (of a truncated file) is dropped.
    """
    lengths, iterators = [], []
    for length, iterator in streams:
        lengths.append(length)
        iterators.append(iterator)
    left = sum(lengths)
    while left > 0:
        place = rng.random() * left
        chosen = 0
        while chosen < len(lengths) - 1 and place >= lengths[chosen]:
            place -= lengths[chosen]
            chosen += 1
        try:
            item = next(iterators[chosen])
        except StopIteration:
            left -= lengths[chosen]
            lengths[chosen] = 0
            continue
        yield item
        lengths[chosen] -= 1
        left -= 1
