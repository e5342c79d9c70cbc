"""A sentence network scores with its own encoder, which the operator supplies, and refuses every other."""

from __future__ import annotations

import shutil
import sys
from types import ModuleType
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.errors import Misconfigured, ModelRefused
from badbuzz.settings import EngineName
from model_registry.package.directory import read_directory
from model_registry.package.manifest import VOCABULARY
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from model_registry.scoring.scorer import Scorer
from model_registry.scoring.sentence_encoder import SentenceEncoder
from tests.model_registry import tiny_sentence_model
from tests.model_registry.model_directory import write_directory

pytest.importorskip("tensorflow")

from tests.training import letter_count_encoder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.package.package import LoadedModel
    from model_registry.store.registry import Registry

pytestmark = pytest.mark.tensorflow

RAW = ["@AirParadis LOST my bag, again!!", "a bad cabbage", "", None, "the bag", "a bad cabbage"]
CLEANED = ["user lost my bag again", "a bad cabbage", "", "", "the bag", "a bad cabbage"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return letter_count_encoder.write(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def model(folder: Path) -> LoadedModel:
    return pack(tiny_sentence_model.draft(SentenceEncoder(folder).fingerprint)).open()


@pytest.fixture(autouse=True)
def operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in's graph needs none of the library's operators."""
    monkeypatch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))


def by_definition(model: LoadedModel, texts: list[str]) -> NDArray[np.float64]:
    weights = {name: tensor.astype(np.float64) for name, tensor in model.tensors.items()}
    hidden = letter_count_encoder.vectors(texts) @ weights["dense/kernel"] + weights["dense/bias"]
    logits = np.maximum(hidden, 0) @ weights["output/kernel"] + weights["output/bias"]
    return np.asarray(1 / (1 + np.exp(-logits[:, 0])))


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_raw_texts_are_scored_as_by_definition(model: LoadedModel, folder: Path, engine: EngineName) -> None:
    scores = Scorer.open(model, engine, encoder=folder).score(pa.array(RAW))
    np.testing.assert_allclose(scores, by_definition(model, CLEANED), rtol=0, atol=1e-5)
    assert scores.dtype == np.float32
    assert len(set(scores.round(4).tolist())) == 4


def test_an_empty_text_is_unread(model: LoadedModel, folder: Path) -> None:
    texts = ["", None, "...", "😡", "@you #and http://x.de", "@you cab", "userx", "a", "RT @you: 7!"]
    unread = Scorer.open(model, encoder=folder).score_texts(pa.array(texts)).unread
    assert unread.tolist() == [True] * 5 + [False, False, True, True]


@pytest.mark.parametrize("text", ["", None, "..."])
def test_a_batch_of_one_empty_text_is_scored(model: LoadedModel, folder: Path, text: str | None) -> None:
    scores = Scorer.open(model, encoder=folder).score(pa.array([text], pa.string()))
    np.testing.assert_allclose(scores, by_definition(model, [""]), rtol=0, atol=1e-5)


def test_an_empty_batch(model: LoadedModel, folder: Path) -> None:
    assert Scorer.open(model, encoder=folder).score(pa.array([], pa.string())).shape == (0,)


def test_a_missing_encoder_names_the_setting(model: LoadedModel) -> None:
    with pytest.raises(Misconfigured, match=r"tiny:1: reads sentences .* set BADBUZZ_ENCODER"):
        Scorer.open(model)


def test_another_encoder_is_refused_before_it_is_loaded(
    model: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = letter_count_encoder.write(tmp_path, factor=2.0)
    monkeypatch.setattr("tensorflow.saved_model.load", None)
    with pytest.raises(ModelRefused, match=rf"holds {SentenceEncoder(other).fingerprint}; set BADBUZZ_ENC"):
        Scorer.open(model, encoder=other)


@pytest.mark.parametrize("part", ["variables/variables.index", "assets/vocabulary"])
def test_changed_variables_or_assets_are_another_encoder(
    model: LoadedModel, folder: Path, tmp_path: Path, part: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert SentenceEncoder(copy).fingerprint == SentenceEncoder(folder).fingerprint
    (copy / part).write_bytes(b"other")
    with pytest.raises(ModelRefused, match="holds"):
        Scorer.open(model, encoder=copy)


def test_files_that_are_not_the_encoder_s_are_ignored(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "README.md").write_text("notes")
    assert SentenceEncoder(copy).fingerprint == SentenceEncoder(folder).fingerprint


def test_a_folder_without_an_encoder_is_refused(model: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no SavedModel"):
        Scorer.open(model, encoder=tmp_path)


def test_an_encoder_of_another_size_is_refused(folder: Path) -> None:
    draft = tiny_sentence_model.draft(SentenceEncoder(folder).fingerprint, dimensions=7)
    with pytest.raises(ModelRefused, match="expects 7 numbers a sentence, its encoder returns 8"):
        Scorer.open(pack(draft).open(), encoder=folder)


def test_a_registry_and_a_directory_store_neither_words_nor_the_encoder(
    registry: Registry, model: LoadedModel, tmp_path: Path
) -> None:
    draft = tiny_sentence_model.draft()
    first, second = registry.register(draft), registry.register(draft)
    assert (first.version, second.version) == (1, 2)
    registry.promote(second, "production")
    loaded = registry.load(second)
    assert (loaded.manifest.format, loaded.manifest.kind) == (3, "sentences")
    assert not loaded.vocabulary.tokens
    write_directory(pack(draft), tmp_path / "model")
    assert (tmp_path / "model" / VOCABULARY).read_bytes() == b""
    np.testing.assert_array_equal(
        read_directory(tmp_path / "model").open().tensors["dense/kernel"], model.tensors["dense/kernel"]
    )


def test_engines_refuse_sentence_networks(model: LoadedModel) -> None:
    with pytest.raises(ModelRefused, match="reads whole sentences"):
        open_engine(model, "numpy", 1)
