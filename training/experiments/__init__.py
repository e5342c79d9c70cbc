"""Experiments: the study's table, the experiments beyond it, and how one is run."""
