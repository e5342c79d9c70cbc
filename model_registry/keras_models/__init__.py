"""Networks as Keras models, for training and for the TensorFlow engine."""
