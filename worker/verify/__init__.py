"""Proves that topic, Parquet and Redis agree: every offset once, and counters equal to the rows."""
