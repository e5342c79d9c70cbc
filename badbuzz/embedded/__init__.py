"""A broker and a Redis that need no installation: for the demo and for tests, never for production."""

from badbuzz.embedded.broker import EmbeddedBroker
from badbuzz.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedBroker", "EmbeddedValkey"]
