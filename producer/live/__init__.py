"""Live sources of tweets: X, Bluesky, and JSON lines on standard input."""
