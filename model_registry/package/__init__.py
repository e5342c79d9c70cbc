"""A model version as files: manifest, weights, vocabulary."""
