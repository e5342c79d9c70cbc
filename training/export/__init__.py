"""From a fitted model to what the registry stores."""
