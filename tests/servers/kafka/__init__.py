"""Apache Kafka from its jars: no Docker, only Java 17 and, once, Maven."""

from tests.servers.kafka.broker import ApacheKafka, Detour
from tests.servers.kafka.jars import KAFKA_VERSION, JarsMissingError, kafka_jars

__all__ = ["KAFKA_VERSION", "ApacheKafka", "Detour", "JarsMissingError", "kafka_jars"]
