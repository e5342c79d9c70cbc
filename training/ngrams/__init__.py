"""Linear models over n-grams."""
