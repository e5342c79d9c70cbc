"""Sources of tweets, and the way into Kafka."""
