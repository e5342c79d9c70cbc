"""When to cry out: many speak of a brand, and its negative rate crosses a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.clients.rates import Rate

RAISE_AT: Final = 0.72
CLEAR_AT: Final = 0.62
"""Lower than where it is raised: a rate that hovers at one line would raise and clear without end."""

LEAST_TWEETS: Final = 40
"""Fewer say nothing: of ten tweets, eight are negative by chance every other minute."""

LEAST_SHARE: Final = 0.1
"""Of all tweets. Where fewer name a brand, a high rate is no crisis yet, but may be the echo of somebody else's."""


@dataclass(frozen=True, slots=True)
class Event:
    """An alarm raised or cleared, by the rate that did it."""

    raised: bool
    rate: Rate

    def __str__(self) -> str:
        """Say it in one line."""
        share = f"{self.rate.rate or 0:.0%}"
        many = f"{self.rate.negative:,} of {self.rate.tweets:,} tweets in {self.rate.window_seconds} s"
        if self.raised:
            return f"ALERT {self.rate.brand}: {share} negative ({many})"
        return f"{self.rate.brand} is back to {share} negative ({many})"


class Alarms:
    """Which brands are in trouble."""

    def __init__(self) -> None:
        self._raised: set[str] = set()

    @property
    def raised(self) -> frozenset[str]:
        """The brands whose alarm is on."""
        return frozenset(self._raised)

    def update(self, rates: Sequence[Rate]) -> list[Event]:
        """Take in the latest rates, that of all tweets first; return what changed."""
        if not rates:
            return []
        least = max(LEAST_TWEETS, LEAST_SHARE * rates[0].tweets)
        return [event for rate in rates[1:] if (event := self._judge(rate, least))]

    def _judge(self, rate: Rate, least: float) -> Event | None:
        raised = rate.brand in self._raised
        if rate.rate is None:
            return None
        if not raised and rate.rate >= RAISE_AT and rate.tweets >= least:
            self._raised.add(rate.brand)
            return Event(raised=True, rate=rate)
        if raised and rate.rate <= CLEAR_AT:
            self._raised.remove(rate.brand)
            return Event(raised=False, rate=rate)
        return None
