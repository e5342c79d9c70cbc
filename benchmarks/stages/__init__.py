"""The cost per tweet of each stage of a worker."""
