"""Telling repeated tweets from new ones: sources that resume send some of them twice."""

from __future__ import annotations


class RecentIds:
    """Remembers the latest ids, so many of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def is_new(self, tweet_id: str) -> bool:
        """Whether an id was not seen lately; from now on it was."""
        if tweet_id in self._ids:
            return False
        self._ids[tweet_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True
