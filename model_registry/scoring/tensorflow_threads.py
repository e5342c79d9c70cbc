"""The number of TensorFlow's threads, for its engine and for sentence encoders."""

from __future__ import annotations

from contextlib import suppress

import tensorflow as tf


def limit_threads(threads: int) -> None:
    """Limit an operation to ``threads`` threads. No effect if TensorFlow has created its threads already."""
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
