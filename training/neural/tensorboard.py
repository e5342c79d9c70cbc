"""A log of a run's curves for TensorBoard. Writing it needs TensorFlow, but not the package ``tensorboard``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

from training.neural.observer import name_batch_loss, name_curve_values

if TYPE_CHECKING:
    from pathlib import Path

    from training.fitting import CurvePoint

_SCALAR: Final = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))


class TensorBoardLog:
    """Writes an event file into ``folder``; each resumed run adds a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))
        self._step = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def on_step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:  # noqa: ARG002 - an observer's
        """Write the loss of every 50th step."""
        self._step = step
        self._write(name_batch_loss(step, loss))

    def on_evaluation_finished(self, point: CurvePoint) -> None:
        """Write an evaluation, and flush the file."""
        self._write(name_curve_values(point))
        self._writer.flush()

    def on_sentences_encoded(self, sentences: int, of: int) -> None:
        """Write nothing: encoding has no curve."""

    def _write(self, values: dict[str, float]) -> None:
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, tf.constant(value), step=self._step, metadata=_SCALAR)
