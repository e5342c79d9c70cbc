"""The sections of the report. Each module has one function that writes one section."""
