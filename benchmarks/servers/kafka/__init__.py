"""Apache Kafka from its jars, without Docker: it needs Java 17 and, once, Maven."""

from benchmarks.servers.kafka.broker import ApacheKafka, Detour
from benchmarks.servers.kafka.jars import KAFKA_VERSION, JarsMissingError, kafka_jars

__all__ = ["KAFKA_VERSION", "ApacheKafka", "Detour", "JarsMissingError", "kafka_jars"]
