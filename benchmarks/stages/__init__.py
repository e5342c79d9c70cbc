"""The stages of a worker, one by one: what each costs a tweet."""
