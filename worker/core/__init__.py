"""The decisions of the worker: positions, segments, takeovers, refusals, retries. Kafka, Redis and disks are behind ports."""
