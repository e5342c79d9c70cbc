"""Networks, fitted by gradient descent."""
