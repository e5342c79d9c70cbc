"""Sentence vectors, cached on disk because the encoder is slow.

There is one file for each chunk of sentences, named by a hash of the encoder and the sentences. An interrupted run continues,
and no sentence is encoded twice by one encoder.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors
from safetensors.numpy import save_file

from badbuzz.system.atomic_file import replace_file
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
class SentenceVectors:
    """Vectors (float16 [n, dimensions]), and the processor time that encoding took when they were made."""

    vectors: NDArray[np.float16]
    cpu_seconds: float


class CachedSentenceEncoder:
    """The encoder in ``folder``, with its vectors cached in ``cache``; ``fingerprint`` is the encoder's.

    :raises Misconfigured: if the folder does not hold an encoder.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._encoder, self._cache = SentenceEncoder(folder), cache
        self.fingerprint: Final = self._encoder.fingerprint
        cache.mkdir(parents=True, exist_ok=True)

    def encode(self, texts: pa.StringArray, report_progress: Callable[[int, int], None]) -> SentenceVectors:
        """Return the vectors of all texts; ``report_progress`` takes the number of texts done, and of all.

        :raises Misconfigured: if the encoder cannot be loaded, or a library that its graph needs is not installed.
        """
        parts = []
        for start in range(0, len(texts), _CHUNK):
            parts.append(self._encode_chunk(texts.slice(start, _CHUNK).to_pylist()))
            report_progress(min(start + _CHUNK, len(texts)), len(texts))
        return SentenceVectors(
            np.concatenate([part.vectors for part in parts]), sum(part.cpu_seconds for part in parts)
        )

    def _encode_chunk(self, texts: list[str]) -> SentenceVectors:
        name = hashlib.sha256("\n".join([self.fingerprint, *texts]).encode()).hexdigest()
        path = self._cache / f"{name[:32]}.safetensors"
        if not path.exists():
            before = time.process_time()
            vectors = self._encoder.encode(texts)
            spent = time.process_time() - before
            with replace_file(path) as unfinished:
                save_file({_VECTORS: vectors}, unfinished, {_CPU_SECONDS: str(spent)})
        with safetensors.safe_open(path, framework="numpy") as file:
            return SentenceVectors(file.get_tensor(_VECTORS), float(file.metadata()[_CPU_SECONDS]))
