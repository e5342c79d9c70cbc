"""A staged crisis: for a while, a share of the tweets are angry ones about one brand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from badbuzz.errors import Usage
from producer.rejected_rows import RejectedRow

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from badbuzz.contracts.tweet import Tweet
    from producer.files.tweet_file import TweetFile

NEGATIVE: Final = 0

_BARREN_ROUNDS: Final = 2
"""Rounds without one readable row after which there is none: the first round reads only the second half."""

_REPLY: Final = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class CrisisPlan:
    """From ``at_s`` seconds after the start, for ``for_s`` seconds, ``share`` (0 to 1) of all tweets are angry.

    ``mention`` is what they call the brand: its handle with ``@``, its hashtag with ``#``, or its name.
    """

    mention: str
    at_s: float
    for_s: float
    share: float

    def is_active(self, elapsed: float) -> bool:
        """Whether it is on, so many seconds after the start."""
        return self.at_s <= elapsed < self.at_s + self.for_s


class Crisis:
    """Makes the tweets of a planned crisis from a file's negative ones, with the brand woven in. Labels stay true.

    They come in addition to the file's rows, from the middle of its negative ones, so that no text is seen twice at a time.

    :raises Usage: if the file has no rows that are labelled negative.
    """

    def __init__(self, plan: CrisisPlan, file: TweetFile, rng: random.Random) -> None:
        self._plan = plan
        self._file = file
        self._rng = rng
        self._size = file.count_rows().get(NEGATIVE, 0)
        if not self._size:
            raise Usage(
                f"a crisis for {plan.mention} needs rows that are labelled negative, and the file has none"
            )
        self._made = 0
        self._angry = self._endless()

    def draw(self, elapsed: float) -> bool:
        """Whether the tweet due so many seconds after the start is one of the crisis."""
        return self._plan.is_active(elapsed) and self._rng.random() < self._plan.share

    def tweet(self) -> Tweet:
        """The next angry tweet, under an id of its own.

        :raises Usage: if not one of the negative rows can be read.
        """
        tweet = next(self._angry, None)
        if tweet is None:
            raise Usage(
                f"a crisis for {self._plan.mention} needs negative rows, and none of the file's can be read"
            )
        self._made += 1
        tweet["id"] = f"{tweet['id']}-crisis-{self._made}"
        tweet["text"] = add_mention(tweet["text"], self._plan.mention, self._rng)
        return tweet

    def _endless(self) -> Iterator[Tweet]:
        start, barren_rounds = self._size // 2, 0
        while barren_rounds < _BARREN_ROUNDS:
            barren_rounds += 1
            for row in self._file.read_tweets(NEGATIVE, start):
                if not isinstance(row, RejectedRow):
                    barren_rounds = 0
                    yield row
            start = 0


def add_mention(text: str, mention: str, rng: random.Random) -> str:
    """Make a tweet one about a brand, as people write them: a reply to it, or its name before or after what they say."""
    if _REPLY.match(text):
        return mention + _REPLY.sub("", text, count=1)
    text = text.strip()
    return f"{mention} {text}" if rng.random() < _SHARE_ADDRESSED else f"{text} {mention}"


_SHARE_ADDRESSED: Final = 0.7
"""How many complaints speak to the brand rather than about it: a guess, for variety."""
