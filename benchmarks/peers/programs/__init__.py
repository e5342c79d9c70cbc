"""One program for each peer, and nothing else. Each runs in its own environment."""
