"""Turns records into scored rows: decodes, scores, finds brands. Bad records do not affect the others."""
