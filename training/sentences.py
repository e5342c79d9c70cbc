"""Vectors of whole sentences, by an encoder that stays as it is, such as the Universal Sentence Encoder lite.

The encoder is a TensorFlow SavedModel: strings in, one vector for each out. It is slow, so vectors are kept on disk,
a file for each few thousand sentences, named after the encoder and the sentences: an interrupted run goes on, and the same
sentences are never encoded twice.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors
import tensorflow as tf
from safetensors.numpy import save_file

from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

_CHUNK: Final = 4_096
_BATCH: Final = 64
"""Sentences for one call, of like length: 1.4 times as fast as 256 of any, and more would take memory by the gigabyte."""

_VECTORS: Final = "vectors"
_CPU_SECONDS: Final = "cpu_seconds"


@dataclass(frozen=True, slots=True)
class Sentences:
    """Vectors (float16 [n, dimensions]), and the processor time that they took when they were made."""

    vectors: NDArray[np.float16]
    cpu_seconds: float


class SentenceEncoder:
    """An encoder in ``folder``, which keeps vectors in ``cache``.

    :raises Misconfigured: if the folder holds none, or the library that its graph needs is not installed.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder, self._cache = folder, cache
        self.fingerprint: Final = _fingerprint(folder)
        self._call: Callable[..., Any] | None = None
        cache.mkdir(parents=True, exist_ok=True)

    def encode(self, texts: pa.StringArray, hear: Callable[[int, int], None]) -> Sentences:
        """Look the vectors up or make them; ``hear`` is told how many of how many are done."""
        parts = []
        for start in range(0, len(texts), _CHUNK):
            parts.append(self._chunk(texts.slice(start, _CHUNK).to_pylist()))
            hear(min(start + _CHUNK, len(texts)), len(texts))
        return Sentences(
            np.concatenate([part.vectors for part in parts]), sum(part.cpu_seconds for part in parts)
        )

    def _chunk(self, texts: list[str]) -> Sentences:
        name = hashlib.sha256("\n".join([self.fingerprint, *texts]).encode()).hexdigest()
        path = self._cache / f"{name[:32]}.safetensors"
        if not path.exists():
            self._make(texts, path)
        with safetensors.safe_open(path, framework="numpy") as file:
            return Sentences(file.get_tensor(_VECTORS), float(file.metadata()[_CPU_SECONDS]))

    def _make(self, texts: list[str], path: Path) -> None:
        call = self._call = self._call or _load(self._folder)
        before = time.process_time()
        shortest_first = np.argsort([len(text) for text in texts], kind="stable")
        batches = (shortest_first[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        found = [_vectors(call, [texts[index] for index in batch]) for batch in batches]
        vectors = np.concatenate(found)[np.argsort(shortest_first)]
        spent = time.process_time() - before
        unfinished = path.with_suffix(".unfinished")
        save_file({_VECTORS: vectors}, unfinished, {_CPU_SECONDS: str(spent)})
        unfinished.replace(path)


def _vectors(call: Callable[..., Any], texts: list[str]) -> NDArray[np.float16]:
    (found,) = call(tf.constant(texts)).values()
    vectors: NDArray[np.float16] = found.numpy().astype(np.float16)
    return vectors


def _load(folder: Path) -> Callable[..., Any]:
    try:
        import tensorflow_text  # noqa: F401, PLC0415 - registers the operators that the graph is made of
    except ImportError:
        raise Misconfigured(
            f"encoder {folder}: needs tensorflow-text, of TensorFlow's version; install it"
        ) from None
    try:
        call: Callable[..., Any] = tf.saved_model.load(str(folder)).signatures["serving_default"]
    except (OSError, KeyError, tf.errors.OpError) as error:
        raise Misconfigured(f"encoder {folder}: cannot be loaded as a SavedModel: {error}") from None
    return call


def _fingerprint(folder: Path) -> str:
    try:
        return hashlib.sha256((folder / "saved_model.pb").read_bytes()).hexdigest()
    except OSError as error:
        raise Misconfigured(f"encoder {folder}: holds no SavedModel: {error.strerror}") from None
