"""The contracts between the parts: the tweet, the scored row, the counters."""
