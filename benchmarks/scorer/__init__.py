"""The scorer alone: engines, batch sizes and threads, beside Keras and the processor's limit."""
