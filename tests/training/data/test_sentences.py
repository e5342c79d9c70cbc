"""Sentence vectors come from the encoder once, and from the disk ever after."""

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
from tests.training import encoder
from training.data import sentences
from training.data.sentences import CachedEncoder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tensorflow

TEXTS = pa.array(["the crew was kind", "the bag was lost", "", "so late", "so warm and so kind"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder.write(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(autouse=True)
def operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in's graph needs none of the library's operators."""
    monkeypatch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))


def hear_nothing(_sentences: int, _of: int) -> None: ...


def test_each_sentence_gets_its_vector(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "_CHUNK", 2)
    monkeypatch.setattr(sentence_encoder, "_BATCH", 1)
    mean_teacher_logits: list[tuple[int, int]] = []
    found = CachedEncoder(folder, tmp_path).encode(TEXTS, lambda *told: mean_teacher_logits.append(told))
    np.testing.assert_allclose(found.vectors, encoder.vectors(TEXTS.to_pylist()), atol=1e-3)
    assert found.vectors.dtype == np.float16
    assert found.cpu_seconds > 0
    assert mean_teacher_logits == [(2, 5), (4, 5), (5, 5)]


def test_nothing_is_encoded_twice(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = CachedEncoder(folder, tmp_path).encode(TEXTS, hear_nothing)
    monkeypatch.setattr(sentence_encoder, "_load", None)
    again = CachedEncoder(folder, tmp_path).encode(TEXTS, hear_nothing)
    np.testing.assert_array_equal(again.vectors, first.vectors)
    assert again.cpu_seconds == first.cpu_seconds


def test_an_interrupted_run_keeps_what_it_had(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "_CHUNK", 2)

    def pull_the_plug(done: int, _of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CachedEncoder(folder, tmp_path).encode(TEXTS, pull_the_plug)
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    whole = CachedEncoder(folder, tmp_path).encode(TEXTS, hear_nothing)
    np.testing.assert_allclose(whole.vectors, encoder.vectors(TEXTS.to_pylist()), atol=1e-3)


def test_another_encoder_s_vectors_are_not_taken(
    folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = encoder.write(tmp_path_factory.mktemp("other"), factor=2.0)
    CachedEncoder(folder, tmp_path).encode(TEXTS, hear_nothing)
    found = CachedEncoder(other, tmp_path).encode(TEXTS, hear_nothing)
    np.testing.assert_allclose(found.vectors, 2 * encoder.vectors(TEXTS.to_pylist()), atol=1e-3)


def test_a_missing_library_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(Misconfigured, match="needs tensorflow and tensorflow-text"):
        CachedEncoder(folder, tmp_path).encode(TEXTS, hear_nothing)


def test_a_folder_that_holds_no_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no SavedModel"):
        CachedEncoder(tmp_path / "nowhere", tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        CachedEncoder(tmp_path, tmp_path / "cache").encode(TEXTS, hear_nothing)
