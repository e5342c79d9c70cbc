"""Records like those of the product's producer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from badbuzz.contracts.tweet import Tweet, encode_tweet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTITIONS: Final = 12
"""The same number as ``badbuzz produce`` gives a topic."""


def make_records(texts: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield keys and values like those of ``badbuzz produce replay``."""
    for number, text in enumerate(texts):
        tweet: Tweet = {
            "id": str(1_700_000_000_000 + number),
            "text": text,
            "created_at": datetime.now(UTC),
            "author": f"author_{number % 100_000}",
            "lang": "en",
            "source": "sentiment140",
        }
        yield tweet["id"], encode_tweet(tweet)
