from __future__ import annotations

from threading import Barrier

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from model_registry.scoring.engines.chunks import ChunkPool


@pytest.mark.parametrize("threads", [1, 3])
def test_results_are_in_the_order_of_the_chunks(threads: int) -> None:
    found = ChunkPool(threads).concatenate(lambda start: np.full(2, start, np.float32), range(5))
    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_chunks_are_computed_at_the_same_time() -> None:
    barrier = Barrier(2)

    def wait(start: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        barrier.wait(timeout=600)
        return np.full(1, start, np.float32)

    assert ChunkPool(2).concatenate(wait, range(2)).tolist() == [0, 1]


def test_the_linear_algebra_library_is_limited_within_the_context_only() -> None:
    def blas_threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    before = blas_threads()
    assert before, "numpy has no library that can be limited"
    with ChunkPool(1).limit_blas():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
