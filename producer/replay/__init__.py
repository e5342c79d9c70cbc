"""The replay of a file: mixed classes, a staged crisis, a clock."""
