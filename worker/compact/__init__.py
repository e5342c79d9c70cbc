"""Merges the small files of closed days into large ones, while workers write and readers read."""
