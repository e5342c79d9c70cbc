from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from producer.replay.mixing import interleave


def mixed(lengths: list[int], seed: int) -> list[tuple[int, int]]:
    streams = [
        (length, iter([(stream, place) for place in range(length)])) for stream, length in enumerate(lengths)
    ]
    return list(interleave(streams, random.Random(seed)))


@given(st.lists(st.integers(0, 40), max_size=4), st.integers())
def test_every_item_appears_once_and_streams_keep_their_order(lengths: list[int], seed: int) -> None:
    items = mixed(lengths, seed)
    for stream, length in enumerate(lengths):
        assert [place for number, place in items if number == stream] == list(range(length))
    assert len(items) == sum(lengths)


def test_the_seed_determines_the_mixture() -> None:
    assert mixed([50, 50], 1) == mixed([50, 50], 1)
    assert mixed([50, 50], 1) != mixed([50, 50], 2)


def test_classes_are_mixed_in_proportion_everywhere() -> None:
    items = mixed([10_000, 5_000], 3)
    shares = [sum(number for number, _ in items[at : at + 1_000]) / 1_000 for at in range(0, 15_000, 1_000)]
    assert all(0.26 < share < 0.41 for share in shares)  # a third, plus or minus five standard deviations


def test_a_stream_that_ends_early_is_dropped() -> None:
    short = iter("ab")
    whole = iter("123")
    assert sorted(interleave([(50, short), (3, whole)], random.Random(0))) == ["1", "2", "3", "a", "b"]
