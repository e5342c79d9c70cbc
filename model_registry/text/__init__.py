"""From cleaned text to numbers: ids of words and word pieces, and hashed n-grams."""
