"""Where records go that cannot be processed: a topic of dead letters, or the same in memory; and how letters are handled."""
