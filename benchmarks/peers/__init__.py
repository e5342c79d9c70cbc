"""What people would use instead, each written the way its documentation tells; same topic, same model, same outputs.

``README.md`` beside this says what each one promises, and how to run one.
"""

PEERS = ("plain", "quix", "arroyo", "bytewax", "spark", "flink")
"""In the order of the report."""
