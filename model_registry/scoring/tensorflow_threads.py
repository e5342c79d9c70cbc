"""How many threads TensorFlow takes, for the two that use it: its engine, and encoders of sentences."""

from __future__ import annotations

from contextlib import suppress

import tensorflow as tf


def limit_threads(threads: int) -> None:
    """Let one operation use so many. TensorFlow makes its threads once: in a process that already did, they stay."""
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
