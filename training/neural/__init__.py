"""Networks that are fitted by gradient descent."""
