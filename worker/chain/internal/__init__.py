"""The internal files of a store of scored rows: JSON objects that only Bad Buzz reads, each created once."""
