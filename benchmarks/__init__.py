"""How fast it is: everything side by side in one run, on Apache Kafka, ratios first. Never part of a test."""
