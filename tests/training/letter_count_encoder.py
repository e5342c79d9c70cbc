"""A stand-in for a sentence encoder: its vectors count the letters a to h of each sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_LETTERS = "abcdefgh"


class _Encoder(tf.Module):  # type: ignore[misc] # TensorFlow is published without types
    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "texts")])  # type: ignore[untyped-decorator] # as above
    def encode(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        length = tf.strings.length(texts)
        tf.debugging.Assert(tf.reduce_any(length > 0), ["nothing to read"])  # as the real encoder does
        without = [length - tf.strings.length(tf.strings.regex_replace(texts, x, "")) for x in _LETTERS]
        return {"output_0": tf.cast(tf.stack(without, axis=1), tf.float32) * self._factor}


def write(folder: Path, factor: float = 1.0) -> Path:
    """Save an encoder in ``folder``; another ``factor`` makes another encoder."""
    model = _Encoder(factor)
    tf.saved_model.save(model, str(folder), signatures={"serving_default": model.encode})
    return folder


def vectors(texts: list[str]) -> NDArray[np.float32]:
    """Return the vectors of texts, with factor 1."""
    return np.array([[text.count(letter) for letter in _LETTERS] for text in texts], np.float32)
