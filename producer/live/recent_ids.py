"""Detects repeated tweets: a source that resumes sends some tweets twice."""

from __future__ import annotations


class RecentIds:
    """The last ``size`` ids."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def add(self, tweet_id: str) -> bool:
        """Add an id and return whether it is new."""
        if tweet_id in self._ids:
            return False
        self._ids[tweet_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True
