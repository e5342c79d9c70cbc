"""Tweets of realistic lengths, and topics filled with them."""
