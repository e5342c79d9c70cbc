"""Exercises that last: workers killed for half an hour, restarted one after another, and set before millions of records."""
