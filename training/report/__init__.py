"""The comparison of all models as one page: read from what training left, measured where it costs little, never guessed."""
