"""Data → model specs → evaluation → registry."""
