"""A brand, and the terms that give it away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand: its name in counters and rows (``[a-z0-9_-]``), and what people write when they mean it.

    Handles and hashtags stand here without their sign.
    """

    name: str
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """All that is searched for, handles and hashtags with their sign."""
        return (
            *(f"@{handle}" for handle in self.handles),
            *(f"#{hashtag}" for hashtag in self.hashtags),
            *self.phrases,
        )
