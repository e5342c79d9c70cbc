"""Sends tweets to Kafka: from files and from live streams."""
