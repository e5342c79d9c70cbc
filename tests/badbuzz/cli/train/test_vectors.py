from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training import corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.tensorflow


def test_train_vectors_writes_what_training_reads(
    badbuzz: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    pytest.importorskip("gensim")
    from training.data.vectors import read_vectors  # noqa: PLC0415 - needs the extra `training`

    data, out = corpus.write_folder(tmp_path), tmp_path / "vectors.txt.gz"
    given = ["--data", str(data), "--out", str(out), "--dimensions", "4", "--epochs", "1"]
    code, printed, _ = badbuzz("train", "vectors", *given)
    assert code == 0
    assert f"words in {out}" in printed
    assert read_vectors(out, ["crew"]).dimensions == 4
