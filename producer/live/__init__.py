"""Live streams of tweets: X, Bluesky, and JSON lines from standard input."""
