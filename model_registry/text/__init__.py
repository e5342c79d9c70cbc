"""From cleaned text to numbers: words, word pieces, n-grams, sentence vectors."""
