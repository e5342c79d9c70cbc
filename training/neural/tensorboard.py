"""A run's curves as TensorBoard shows them. Writing them needs TensorFlow only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

from training.neural.observer import name_curve_values

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from training.fitting import CurvePoint

_SCALAR: Final = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
_LOSS_STEPS: Final = 50
"""Steps between two points of the loss: each step's would be a file of megabytes that shows nothing more."""


class TensorBoardLog:
    """Writes event files into ``folder``; a resumed run goes on in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))
        self._step = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def step_finished(self, step: int, steps: int, tweets: int, loss: float) -> None:  # noqa: ARG002 - an observer's
        """Note the loss of every so many steps."""
        self._step = step
        if step % _LOSS_STEPS == 0:
            self._write(**{"train/loss of one batch": loss})

    def evaluation_finished(self, point: CurvePoint) -> None:
        """Note what the validation found, and let it be seen at once."""
        self._write(**name_curve_values(point))
        self._writer.flush()

    def sentences_encoded(self, sentences: int, of: int) -> None:
        """Sentences have no curve."""

    def _write(self, **values: float) -> None:
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, tf.constant(value), step=self._step, metadata=_SCALAR)
