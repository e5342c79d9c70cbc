"""Tweets of real lengths, and topics full of them."""
