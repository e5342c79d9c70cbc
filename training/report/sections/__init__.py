"""The report's sections, a module to each question that they answer."""
