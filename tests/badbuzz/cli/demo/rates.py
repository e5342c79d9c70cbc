from __future__ import annotations

from badbuzz.clients.rates import BrandRate


def make_rate(brand: str, negative: int, tweets: int) -> BrandRate:
    """The rate of a brand in ten seconds."""
    return BrandRate(
        brand=brand,
        window_seconds=10,
        tweets=tweets,
        negative=negative,
        rate=negative / tweets if tweets else None,
        mean_p_negative=None,
        stddev_p_negative=None,
        from_s=0,
        to_s=10,
        stale_seconds=0.1,
    )
