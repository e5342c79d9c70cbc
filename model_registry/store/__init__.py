"""The registry: numbered versions and aliases on an object store."""
