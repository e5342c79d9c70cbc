"""Programs on other frameworks that do the worker's job: same topic, same model, same outputs.

``README.md`` has their guarantees and how to run them.
"""

PEERS = ("plain", "quix", "arroyo", "bytewax", "spark", "flink")
"""In the order of the report."""
