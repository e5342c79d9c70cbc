from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.errors import Misconfigured

pytest.importorskip("tensorflow")

from model_registry.scoring import sentence_encoder
from tests.training import letter_count_encoder
from training.data import sentence_vectors
from training.data.sentence_vectors import CachedSentenceEncoder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tensorflow

TEXTS = pa.array(["the crew was kind", "the bag was lost", "", "so late", "so warm and so kind"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return letter_count_encoder.write(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(autouse=True)
def operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in's graph does not use the library's operators."""
    monkeypatch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))


def ignore_progress(_sentences: int, _of: int) -> None: ...


def test_each_sentence_gets_its_vector(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_vectors, "_CHUNK", 2)
    monkeypatch.setattr(sentence_encoder, "_BATCH", 1)
    progress: list[tuple[int, int]] = []
    found = CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, lambda *done: progress.append(done))
    np.testing.assert_allclose(found.vectors, letter_count_encoder.vectors(TEXTS.to_pylist()), atol=1e-3)
    assert found.vectors.dtype == np.float16
    assert found.cpu_seconds > 0
    assert progress == [(2, 5), (4, 5), (5, 5)]


def test_cached_sentences_are_not_encoded_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, ignore_progress)
    monkeypatch.setattr(sentence_encoder, "_load_saved_model", None)
    again = CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, ignore_progress)
    np.testing.assert_array_equal(again.vectors, first.vectors)
    assert again.cpu_seconds == first.cpu_seconds


def test_an_interrupted_run_continues(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_vectors, "_CHUNK", 2)

    def interrupt(done: int, _of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, interrupt)
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    whole = CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, ignore_progress)
    np.testing.assert_allclose(whole.vectors, letter_count_encoder.vectors(TEXTS.to_pylist()), atol=1e-3)


def test_vectors_of_another_encoder_are_not_used(
    folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = letter_count_encoder.write(tmp_path_factory.mktemp("other"), factor=2.0)
    CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, ignore_progress)
    found = CachedSentenceEncoder(other, tmp_path).encode(TEXTS, ignore_progress)
    np.testing.assert_allclose(found.vectors, 2 * letter_count_encoder.vectors(TEXTS.to_pylist()), atol=1e-3)


def test_a_missing_library_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(Misconfigured, match="needs tensorflow and tensorflow-text"):
        CachedSentenceEncoder(folder, tmp_path).encode(TEXTS, ignore_progress)


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no SavedModel"):
        CachedSentenceEncoder(tmp_path / "nowhere", tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        CachedSentenceEncoder(tmp_path, tmp_path / "cache").encode(TEXTS, ignore_progress)
