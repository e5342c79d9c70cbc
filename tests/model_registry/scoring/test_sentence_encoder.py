"""The fingerprint of an encoder, and the network over its vectors. Encoding needs TensorFlow: see test_predictors.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from badbuzz.errors import Misconfigured
from model_registry.scoring.sentence_encoder import SentenceEncoder, SentenceHead
from tests.model_registry import tiny_model, tiny_sentence_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("saved_model.pb", "variables/variables.index", "assets/vocabulary"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("part", ["saved_model.pb", "variables/variables.index", "assets/vocabulary"])
def test_the_content_and_the_name_of_each_part_count(folder: Path, part: str) -> None:
    before = SentenceEncoder(folder).fingerprint
    (folder / part).write_text("other")
    changed = SentenceEncoder(folder).fingerprint
    assert changed != before
    if part != "saved_model.pb":
        (folder / part).rename(folder / f"{part}2")
        assert SentenceEncoder(folder).fingerprint not in {before, changed}


def test_other_files_do_not_count(folder: Path) -> None:
    before = SentenceEncoder(folder).fingerprint
    (folder / "README.md").write_text("notes")
    assert SentenceEncoder(folder).fingerprint == before


def test_a_folder_without_a_graph_is_refused(folder: Path) -> None:
    (folder / "saved_model.pb").unlink()
    with pytest.raises(Misconfigured, match=r"holds no SavedModel: saved_model\.pb is missing"):
        SentenceEncoder(folder)


def test_predictions_are_those_of_the_definition() -> None:
    tensors = tiny_model.tensors(tiny_sentence_model.draft().network)
    vectors = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float16)
    hidden = np.maximum(vectors.astype(np.float64) @ tensors["dense/kernel"] + tensors["dense/bias"], 0)
    logits = (hidden @ tensors["output/kernel"] + tensors["output/bias"])[:, 0]
    scores = SentenceHead(tensors).predict(vectors)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-6)
