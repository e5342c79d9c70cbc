"""A Kafka broker and a Redis server from Python packages, for the demo and for tests. Never for production."""
