"""Sources of records: a member of a Kafka consumer group, and the same in memory."""
