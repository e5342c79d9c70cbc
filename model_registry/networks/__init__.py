"""Networks as data: their shapes, and the names of their tensors."""
