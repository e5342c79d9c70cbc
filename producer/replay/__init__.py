"""Replays a file of tweets: with mixed classes, its own clock, and a staged crisis."""
