"""From cleaned text to a score."""
