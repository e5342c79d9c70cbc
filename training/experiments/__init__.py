"""The experiments: the study's table, the rows beyond it, and how one is run."""
