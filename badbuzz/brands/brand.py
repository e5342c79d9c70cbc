"""A brand and its search terms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand: its name in counters and rows (``[a-z0-9_-]``), and the terms by which tweets mention it.

    Handles and hashtags are stored without ``@`` and ``#``.
    """

    name: str
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """All search terms, with the ``@`` of handles and the ``#`` of hashtags."""
        return (
            *(f"@{handle}" for handle in self.handles),
            *(f"#{hashtag}" for hashtag in self.hashtags),
            *self.phrases,
        )
