"""Vectors of whole sentences, by an encoder that stays as it is, such as the Universal Sentence Encoder lite.

The encoder is a TensorFlow SavedModel: strings in, one vector for each out. A SavedModel is code, so it comes from the operator's
disk and never from a registry; what a registry has is its fingerprint. TensorFlow is imported when the first sentence comes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_GRAPH: Final = "saved_model.pb"
_PARTS: Final = ("variables", "assets")

_BATCH: Final = 64
"""Sentences for one call, of like length: 1.4 times as fast as 256 of any, and more would take memory by the gigabyte."""

_SOMETHING: Final = "a"
"""Read beside texts that are all empty, at which the Universal Sentence Encoder lite fails; their vectors stay what they are."""


class SentenceEncoder:
    """The encoder in ``folder``, computing with ``threads`` threads (None: as many as TensorFlow likes).

    ``fingerprint`` is the SHA-256 (hex) of its graph, its variables and its assets, names and contents.

    :raises Misconfigured: if the folder holds none.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._call: Callable[..., Any] | None = None
        self.fingerprint: Final = _fingerprint(folder)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """Give one vector for each text: [n, dimensions], rounded to half precision.

        :raises Misconfigured: at the first call, if the encoder cannot be loaded or what its graph needs is not installed.
        """
        call = self._call = self._call or _load(self._folder, self._threads)
        shortest_first = np.argsort([len(text) for text in texts], kind="stable")
        batches = (shortest_first[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        found = [_vectors(call, [texts[index] for index in batch]) for batch in batches]
        vectors: NDArray[np.float16] = np.concatenate(found)[np.argsort(shortest_first)]
        return vectors


def _vectors(call: Callable[..., Any], texts: list[str]) -> NDArray[np.float16]:
    import tensorflow as tf  # noqa: PLC0415 - see above

    beside = [] if any(texts) else [_SOMETHING]
    (found,) = call(tf.constant([*texts, *beside])).values()
    vectors: NDArray[np.float16] = found.numpy()[: len(texts)].astype(np.float16)
    return vectors


def _load(folder: Path, threads: int | None) -> Callable[..., Any]:
    try:
        import tensorflow as tf  # noqa: PLC0415 - see above
        import tensorflow_text  # noqa: F401, PLC0415 - registers the operators that the graph is made of
    except ImportError as error:
        raise Misconfigured(
            f"encoder {folder}: needs tensorflow and tensorflow-text, of one version; install them ({error})"
        ) from None
    if threads:
        from model_registry.scoring.tensorflow_threads import limit_threads  # noqa: PLC0415 - see above

        limit_threads(threads)
    try:
        call: Callable[..., Any] = tf.saved_model.load(str(folder)).signatures["serving_default"]
    except (OSError, KeyError, tf.errors.OpError) as error:
        raise Misconfigured(f"encoder {folder}: cannot be loaded as a SavedModel: {error}") from None
    return call


def _fingerprint(folder: Path) -> str:
    if not (folder / _GRAPH).is_file():
        raise Misconfigured(f"encoder {folder}: holds no SavedModel: there is no {_GRAPH}")
    parts = (path for part in _PARTS for path in (folder / part).rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in (folder / _GRAPH, *sorted(parts)):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(_digest(path))
    return digest.hexdigest()


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise Misconfigured(f"encoder {path}: cannot be read: {error.strerror}") from None
