"""Computes sentence vectors with a fixed encoder, such as the Universal Sentence Encoder lite, and scores them by a network.

The encoder is a TensorFlow SavedModel that returns one vector for each string. A SavedModel is code, so it is read from the
operator's disk and never from a registry, which stores only its fingerprint. TensorFlow is imported for the first sentence.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from badbuzz.errors import Misconfigured
from model_registry.networks.base import OUTPUT_BIAS, OUTPUT_KERNEL
from model_registry.scoring.sigmoid import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_GRAPH: Final = "saved_model.pb"
_PARTS: Final = ("variables", "assets")

_BATCH: Final = 64
"""Sentences of one call, of similar length: 1.4 times as fast as 256 of any length. Larger batches take gigabytes of memory."""

_NOT_EMPTY: Final = "a"
"""Added to a batch of empty texts, on which the Universal Sentence Encoder lite fails. It does not change their vectors."""


class SentenceEncoder:
    """The encoder in ``folder``, computing with ``threads`` threads (None: TensorFlow decides).

    ``fingerprint`` is the SHA-256 (hex) of its graph, its variables and its assets, names and contents.

    :raises Misconfigured: if the folder has no SavedModel.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._call: Callable[..., Any] | None = None
        self.fingerprint: Final = _compute_fingerprint(folder)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """Return the vectors of texts: [n, dimensions], rounded to half precision.

        :raises Misconfigured: at the first call, if the encoder cannot be loaded or a library that it needs is not installed.
        """
        call = self._call = self._call or _load_saved_model(self._folder, self._threads)
        shortest_first = np.argsort([len(text) for text in texts], kind="stable")
        batches = (shortest_first[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        found = [_encode_batch(call, [texts[index] for index in batch]) for batch in batches]
        return np.concatenate(found)[np.argsort(shortest_first)]


class SentenceHead:
    """The network over sentence vectors, Dense (ReLU) → Dense 1 (sigmoid), in numpy under every engine name.

    ``tensors`` are those of a ``SentenceNetwork``.
    """

    def __init__(self, tensors: Mapping[str, NDArray[np.floating]]) -> None:
        names = ("dense/kernel", "dense/bias", OUTPUT_KERNEL, OUTPUT_BIAS)
        self._weights = [tensors[name].astype(np.float32) for name in names]

    def predict(self, vectors: NDArray[np.float16]) -> NDArray[np.float32]:
        """Return the probability of *positive*, float32 [n], of sentence vectors [n, dimensions]."""
        kernel, bias, output, output_bias = self._weights
        hidden = np.maximum(vectors.astype(np.float32) @ kernel + bias, 0)
        return sigmoid((hidden @ output + output_bias)[:, 0])


def _encode_batch(call: Callable[..., Any], texts: list[str]) -> NDArray[np.float16]:
    import tensorflow as tf  # noqa: PLC0415 - see above

    extra = [] if any(texts) else [_NOT_EMPTY]
    (found,) = call(tf.constant([*texts, *extra])).values()
    vectors: NDArray[np.float16] = found.numpy()[: len(texts)].astype(np.float16)
    return vectors


def _load_saved_model(folder: Path, threads: int | None) -> Callable[..., Any]:
    try:
        import tensorflow as tf  # noqa: PLC0415 - see above
        import tensorflow_text  # noqa: F401, PLC0415 - registers the operators of the graph
    except ImportError as error:
        raise Misconfigured(
            f"encoder {folder}: needs tensorflow and tensorflow-text, of the same version; install them ({error})"
        ) from None
    if threads:
        from model_registry.scoring.tensorflow_threads import limit_threads  # noqa: PLC0415 - see above

        limit_threads(threads)
    try:
        call: Callable[..., Any] = tf.saved_model.load(str(folder)).signatures["serving_default"]
    except (OSError, KeyError, tf.errors.OpError) as error:
        raise Misconfigured(f"encoder {folder}: cannot be loaded as a SavedModel: {error}") from None
    return call


def _compute_fingerprint(folder: Path) -> str:
    if not (folder / _GRAPH).is_file():
        raise Misconfigured(f"encoder {folder}: holds no SavedModel: {_GRAPH} is missing")
    parts = (path for part in _PARTS for path in (folder / part).rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in (folder / _GRAPH, *sorted(parts)):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise Misconfigured(f"encoder {path}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()
