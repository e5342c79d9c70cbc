"""A Kafka broker and a Redis server from Python packages, for the demo and for tests. Never for production."""

from badbuzz.embedded.broker import EmbeddedBroker
from badbuzz.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedBroker", "EmbeddedValkey"]
