"""Vectors of whole sentences that are kept on disk, for the encoder that gives them is slow.

There is a file for each few thousand sentences, named after the encoder and the sentences: an interrupted run goes on,
and the same sentences are never encoded twice.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors
from safetensors.numpy import save_file

from model_registry.scoring.sentence_encoder import SentenceEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

_CHUNK: Final = 4_096
_VECTORS: Final = "vectors"
_CPU_SECONDS: Final = "cpu_seconds"


@dataclass(frozen=True, slots=True)
class Sentences:
    """Vectors (float16 [n, dimensions]), and the processor time that they took when they were made."""

    vectors: NDArray[np.float16]
    cpu_seconds: float


class CachedEncoder:
    """An encoder in ``folder``, whose vectors are kept in ``cache``.

    ``fingerprint`` is the encoder's.

    :raises Misconfigured: if the folder holds none.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._encoder, self._cache = SentenceEncoder(folder), cache
        self.fingerprint: Final = self._encoder.fingerprint
        cache.mkdir(parents=True, exist_ok=True)

    def encode(self, texts: pa.StringArray, hear: Callable[[int, int], None]) -> Sentences:
        """Look the vectors up or make them; ``hear`` is told how many of how many are done.

        :raises Misconfigured: if the encoder cannot be loaded, or what its graph needs is not installed.
        """
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
        before = time.process_time()
        vectors = self._encoder.encode(texts)
        spent = time.process_time() - before
        unfinished = path.with_suffix(".unfinished")
        save_file({_VECTORS: vectors}, unfinished, {_CPU_SECONDS: str(spent)})
        unfinished.replace(path)
