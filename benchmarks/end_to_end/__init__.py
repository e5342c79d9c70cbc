"""Real workers on a full topic: throughput, memory, start, latency."""
