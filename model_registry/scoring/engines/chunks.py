"""Chunks of a batch, computed by several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

Chunk = TypeVar("Chunk")


class ChunkPool:
    """Computes chunks with ``threads`` threads.

    Products of one chunk are too small to be shared by the threads of the linear algebra library, which would mostly wait for
    each other. Therefore chunks are shared by threads, and within the context ``limit_blas()`` the library uses one thread.
    """

    def __init__(self, threads: int) -> None:
        self._map = ThreadPoolExecutor(threads).map if threads > 1 else map
        self.limit_blas: Final = partial(ThreadpoolController().limit, limits=1, user_api="blas")

    def concatenate(
        self, compute: Callable[[Chunk], NDArray[np.float32]], chunks: Iterable[Chunk]
    ) -> NDArray[np.float32]:
        """Return the results of ``compute`` for all chunks, one after the other."""
        return np.concatenate(list(self._map(compute, chunks)))
