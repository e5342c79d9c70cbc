"""Mixing the classes of a file that is sorted by label, in the memory of one row per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


def interleave(streams: Iterable[tuple[int, Iterator[T]]], rng: random.Random) -> Iterator[T]:
    """Merge streams of known lengths: each keeps its order, and every way to merge them is equally likely.

    So at any place the classes stand in the proportion of what is left of them, and none runs out long before the
    end. A stream that ends early (its file was cut) merely drops out.
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
