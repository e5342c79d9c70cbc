"""The report: all models compared on one page. Reads the results of training, and measures what takes seconds."""
