"""Labelled tweets, word vectors and teachers' scores, as training reads them."""
