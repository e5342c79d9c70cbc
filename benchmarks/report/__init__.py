"""Figures, targets, tables, pages."""
