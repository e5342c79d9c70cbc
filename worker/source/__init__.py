"""Where records come from: a member of a Kafka consumer group, or the same thing in memory."""
