"""What the worker decides: positions, segments, what to do when a sink refuses. No Kafka, Redis or disk in here."""
