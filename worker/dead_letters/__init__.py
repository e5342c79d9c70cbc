"""Dead letters: where workers send records that cannot be processed, and how these are read, replayed and discarded."""
