"""Labelled tweets, word vectors and teachers, as training reads them."""
