"""Transformer encoders that were trained on other text, fine-tuned to tell the mood of tweets."""
