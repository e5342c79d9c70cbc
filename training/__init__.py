"""Fit models to labelled tweets, compare them, and register them."""
