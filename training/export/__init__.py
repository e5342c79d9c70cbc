"""Turn a fitted model into a draft for the registry."""
