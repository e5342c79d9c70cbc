"""Reads TensorBoard's event files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

if TYPE_CHECKING:
    from pathlib import Path


def read_scalars(folder: Path) -> set[tuple[str, int, float]]:
    """Return name, step and value of each scalar in a folder's event files."""
    scalars = set()
    for record in tf.data.TFRecordDataset(sorted(str(path) for path in folder.iterdir())):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            scalars.add((value.tag, event.step, round(float(tf.make_ndarray(value.tensor)), 6)))
    return scalars
