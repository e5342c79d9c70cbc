"""Clients of Kafka, Redis and object storage."""
