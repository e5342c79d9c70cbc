"""The real encoder: vectors of its size, near for what means the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = pa.array(["my bag was lost again", "they have lost my luggage", "thank you for the lovely coffee"])


@pytest.mark.shared
@pytest.mark.tensorflow
def test_use_lite_gives_vectors_of_512(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_text")
    from training.data.sentence_vectors import CachedSentenceEncoder  # noqa: PLC0415 - needs TensorFlow

    encoder = CachedSentenceEncoder(shared / "models/use_lite", tmp_path)
    found = encoder.encode(TEXTS, lambda _sentences, _of: None).vectors.astype(np.float32)
    assert found.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-2)
    likeness = found @ found.T
    assert likeness[0, 1] > likeness[0, 2]
