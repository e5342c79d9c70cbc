"""The scorer alone: engines, batch sizes and threads, beside Keras and beside what the processor can do."""
