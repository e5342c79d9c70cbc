"""The rolling counters' writing side: what a sink of counts is, Redis as one, the same in memory, and what rows add up to."""
