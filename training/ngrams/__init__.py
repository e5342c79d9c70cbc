"""Linear models over hashed n-grams."""
