"""Clients of what Bad Buzz talks to: Kafka, Redis, object storage."""
