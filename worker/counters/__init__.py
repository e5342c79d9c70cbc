"""Writes the rolling counters: the sink's interface, its implementations in Redis and in memory, and the counting of rows."""
