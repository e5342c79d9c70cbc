"""A staged crisis: for some time, a share of all tweets are negative tweets about one brand."""

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

_MAX_EMPTY_ROUNDS: Final = 2
"""Two rounds without a readable row prove that none exists: the first round reads only the second half."""

_REPLY: Final = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class CrisisPlan:
    """A crisis of ``for_s`` seconds, ``at_s`` seconds after the start. ``share`` (0 to 1) of all tweets belong to it.

    ``mention`` is the brand's handle with ``@``, its hashtag with ``#``, or its name.
    """

    mention: str
    at_s: float
    for_s: float
    share: float

    def is_active(self, elapsed: float) -> bool:
        """Return whether the crisis is active ``elapsed`` seconds after the start."""
        return self.at_s <= elapsed < self.at_s + self.for_s


class Crisis:
    """Makes the tweets of a crisis from the negative tweets of a file, by adding a mention. So their labels stay true.

    They are sent in addition to the file's rows. They start in the middle of the negative rows, so that the same text does not
    appear twice at the same time.

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
        self._number = 0
        self._tweets = self._repeat_negative_tweets()

    def draw(self, elapsed: float) -> bool:
        """Draw whether the tweet ``elapsed`` seconds after the start belongs to the crisis."""
        return self._plan.is_active(elapsed) and self._rng.random() < self._plan.share

    def next_tweet(self) -> Tweet:
        """Return the next negative tweet with a mention, under a new id.

        :raises Usage: if none of the negative rows can be read.
        """
        tweet = next(self._tweets, None)
        if tweet is None:
            raise Usage(
                f"a crisis for {self._plan.mention} needs negative rows, and none in the file can be read"
            )
        self._number += 1
        tweet["id"] = f"{tweet['id']}-crisis-{self._number}"
        tweet["text"] = add_mention(tweet["text"], self._plan.mention, self._rng)
        return tweet

    def _repeat_negative_tweets(self) -> Iterator[Tweet]:
        start, empty_rounds = self._size // 2, 0
        while empty_rounds < _MAX_EMPTY_ROUNDS:
            empty_rounds += 1
            for row in self._file.read_tweets(NEGATIVE, start):
                if not isinstance(row, RejectedRow):
                    empty_rounds = 0
                    yield row
            start = 0


def add_mention(text: str, mention: str, rng: random.Random) -> str:
    """Add a mention to a text: in place of the user that it replies to, or before or after the text."""
    if _REPLY.match(text):
        return mention + _REPLY.sub("", text, count=1)
    text = text.strip()
    return f"{mention} {text}" if rng.random() < _SHARE_AT_BEGINNING else f"{text} {mention}"


_SHARE_AT_BEGINNING: Final = 0.7
"""Share of texts with the mention at the beginning. A guess, for variety."""
