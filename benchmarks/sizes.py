"""The sizes of a run: everything, the ratios only, or the minimum for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of each part. ``loads``: percent of one worker process's capacity; ``prepares``: make missing peer environments."""

    # scorer and stages
    batches: tuple[int, ...] = (256, 512, 1_024, 2_048, 4_096)
    crews: tuple[str, ...] = ("one thread", "two threads", "two processes")
    scorer_rounds: int = 9
    stage_rounds: int = 100
    # end to end
    tweets: int = 1_000_000
    processes: tuple[int, ...] = (1, 2, 4)
    rounds: int = 3
    starts: int = 5
    loads: tuple[int, ...] = (25, 50, 80)
    latency_seconds: float = 30.0
    # versus
    peer_tweets: int = 600_000  # with 150,000 a second worker gained nothing
    peer_rounds: int = 3
    peers: tuple[str, ...] = PEERS
    onnx_peers: tuple[str, ...] = ("quix", "bytewax")  # the fastest with our scorer
    prepares: bool = True
    # growth
    growth_tweets: int = 200_000
    brands: tuple[int, ...] = (1, 10, 100, 1_000, 10_000)
    partitions: tuple[int, ...] = (1, 12, 48, 96)
    words: tuple[int, ...] = (1, 6, 13, 36, 72)
    backlogs: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    files: tuple[int, ...] = (0, 1_000, 10_000, 100_000)

    def change(self, changes: Iterable[str]) -> Self:
        """Return a copy with changes such as ``tweets=1000``, ``brands=1,10``, or ``brands=`` for none."""
        found = self
        for change in changes:
            name, _, value = change.partition("=")
            found = replace(found, **{name: _parse_like(getattr(found, name), value)})
        return found


def _parse_like(old: object, value: str) -> Any:  # noqa: ANN401 - whatever the field is
    if isinstance(old, tuple):
        return tuple(int(part) if part.isdecimal() else part for part in value.split(",") if part)
    return float(value) if isinstance(old, float) else int(value)


FULL: Final = Sizes()

QUICK: Final = Sizes(
    batches=(4_096,),
    crews=("two threads", "two processes"),
    scorer_rounds=3,
    tweets=150_000,
    processes=(1, 2),
    rounds=1,
    starts=1,
    loads=(50,),
    latency_seconds=5.0,
    peer_tweets=30_000,
    peer_rounds=1,
    peers=("plain", "bytewax"),
    onnx_peers=("bytewax",),
    prepares=False,
    brands=(),
    partitions=(),
    words=(),
    backlogs=(200_000,),
    files=(),
)
"""Less than three minutes on an idle machine: the ratios only, with the fastest framework. The runs are so short that starts and
the first rebalance cost the ratios of two processes a tenth and more. One backlog shows whether memory grows."""

TINY: Final = Sizes(
    batches=(64, 128),
    scorer_rounds=2,
    stage_rounds=2,
    tweets=3_000,
    processes=(1, 2),
    rounds=1,
    starts=1,
    loads=(25,),
    latency_seconds=1.0,
    peer_tweets=2_000,
    peer_rounds=1,
    prepares=False,
    growth_tweets=2_000,
    brands=(1, 50),
    partitions=(1, 3),
    words=(1, 13),
    backlogs=(1_000, 5_000),
    files=(0, 60),
)
"""For tests."""

SIZES: Final = {"full": FULL, "quick": QUICK, "tiny": TINY}
