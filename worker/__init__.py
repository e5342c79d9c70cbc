"""Kafka → scores → Parquet and Redis."""
