"""Data → model variants → evaluation → registry."""
