"""Merges the small files of a closed day into large ones, while readers read and workers write."""
