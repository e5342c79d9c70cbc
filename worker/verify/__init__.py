"""Checks that topic, Parquet and Redis agree: each offset is stored once, and the counters equal the rows."""
