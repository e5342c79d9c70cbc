"""When the demo raises an alert: enough tweets name a brand, and its negative rate crosses a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from badbuzz.clients.rates import BrandRate

RAISE_AT: Final = 0.72
CLEAR_AT: Final = 0.62
"""Lower than :data:`RAISE_AT`, so that a rate near one threshold does not raise and clear alerts in turn."""

MIN_TWEETS: Final = 40
"""Fewer are not significant: of ten tweets, eight are negative by chance every other minute."""

MIN_SHARE: Final = 0.1
"""The minimum share of all tweets. A high rate in fewer tweets may be a side effect of another brand's crisis."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is raised or cleared, and the rate that caused it."""

    raised: bool
    rate: BrandRate

    def __str__(self) -> str:
        share = f"{self.rate.rate or 0:.0%}"
        many = f"{self.rate.negative:,} of {self.rate.tweets:,} tweets in {self.rate.window_seconds} s"
        if self.raised:
            return f"ALERT {self.rate.brand}: {share} negative ({many})"
        return f"{self.rate.brand} is back to {share} negative ({many})"


class AlertTracker:
    """Keeps the set of brands with an alert."""

    def __init__(self) -> None:
        self._raised: set[str] = set()

    @property
    def raised(self) -> frozenset[str]:
        """The brands with an alert."""
        return frozenset(self._raised)

    def update(self, rates: Sequence[BrandRate]) -> list[Alert]:
        """Take the latest rates, that of all tweets first. Return the alerts that were raised or cleared."""
        if not rates:
            return []
        minimum = max(MIN_TWEETS, MIN_SHARE * rates[0].tweets)
        return [alert for rate in rates[1:] if (alert := self._check(rate, minimum))]

    def _check(self, rate: BrandRate, minimum: float) -> Alert | None:
        raised = rate.brand in self._raised
        if rate.rate is None:
            return None
        if not raised and rate.rate >= RAISE_AT and rate.tweets >= minimum:
            self._raised.add(rate.brand)
            return Alert(raised=True, rate=rate)
        if raised and rate.rate <= CLEAR_AT:
            self._raised.remove(rate.brand)
            return Alert(raised=False, rate=rate)
        return None
