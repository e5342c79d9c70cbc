from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.cleaning import STANDARD, clean
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.bundled import list_bundled_models
from model_registry.package.directory import read_directory
from model_registry.package.model_draft import pack
from model_registry.package.package import LoadedModel
from model_registry.scoring.predictors import make_token_predictor
from model_registry.scoring.scorer import BATCH, Scorer
from tests.model_registry import tiny_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_registry.text.vocabulary import TokenBatch

MODEL = pack(tiny_model.draft()).open()
RAW = ["@AirParadis LOST my bag, again!!", "thank you crew, great flight http://a.example/b", "", "zzz", None]


class CountingEngine:
    """Scores each tweet by its number of words, and records the batch sizes."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, batch: TokenBatch) -> NDArray[np.float32]:
        self.batches.append(len(batch.lengths))
        return batch.lengths.astype(np.float32)


def counting(engine: CountingEngine) -> Scorer:
    return Scorer(
        MODEL.manifest, make_token_predictor(MODEL.vocabulary, engine, tiny_model.NETWORK.max_length)
    )


@pytest.mark.parametrize(("version", "read_as"), [(1, "th nk y u crew"), (2, "thank you crew")])
def test_the_manifest_decides_the_version_of_the_rules(version: int, read_as: str) -> None:
    cleaning = MODEL.manifest.cleaning.model_copy(update={"version": version})
    manifest = MODEL.manifest.model_copy(update={"cleaning": cleaning})
    scorer = Scorer.open(LoadedModel(manifest, MODEL.tensors, MODEL.vocabulary))
    scores = scorer.score(pa.array(["th\u0430nk y\u043eu crew", "th nk y u crew", "thank you crew"]))
    assert scores[1] != scores[2]
    assert scores[0] == scores[["th nk y u crew", "thank you crew"].index(read_as) + 1]


def test_texts_are_cleaned_as_in_training() -> None:
    scorer = Scorer.open(MODEL)
    raw = scorer.score(pa.array(RAW))
    np.testing.assert_array_equal(raw, scorer.score(clean(pa.array(RAW), STANDARD)))
    assert raw.dtype == np.float32
    assert raw.shape == (len(RAW),)
    assert len(set(raw.tolist())) == 3  # nothing, an unknown word and a null read the same


def test_a_scorer_has_the_model_s_name_and_threshold() -> None:
    scorer = Scorer.open(MODEL)
    assert scorer.model == "tiny:1"
    assert scorer.threshold == 0.5


@pytest.mark.parametrize("rows", [0, 1, BATCH, BATCH + 1, 2 * BATCH + 3])
def test_any_number_of_texts_in_bounded_batches(rows: int) -> None:
    engine = CountingEngine()
    scorer = counting(engine)
    texts = [" ".join([str(row)] + ["late"] * (1 + row % 4)) for row in range(rows)]
    chunked = pa.chunked_array([texts[:7], texts[7:]], pa.string())
    assert scorer.score(chunked).tolist() == [1 + row % 4 for row in range(rows)]
    assert max(engine.batches, default=0) <= BATCH


def test_a_repeated_text_is_scored_once() -> None:
    engine = CountingEngine()
    scorer = counting(engine)
    again = pa.array(["late again", None, "late", None, "late again", "late"])
    assert scorer.score(again).tolist() == [2, 1, 1, 1, 2, 1]
    assert scorer.score(pa.chunked_array([again, again])).tolist() == [2, 1, 1, 1, 2, 1] * 2
    assert engine.batches == [3, 3]


UNREADABLE = [
    "😡😡😡",
    "日本語です",
    "Привет",
    "",
    None,
    "@airparadis 😡😡",
    "#airparadis #fail 😡",
    "http://a.example 😡",
    "@a @b",
    "😡😡😡!!!",
    "😡!",
    "Ужасная авиакомпания!",
    "最悪!",
    "أسوأ شركة 2024",
    "최악의 항공사, 환불도 안 해줌",
    "RT @a: 😡",
    "😡 RT",
    "123 456",
    "é",
    "?",
    "...",
    "@airparadis 😡😡 ...",
]


@pytest.mark.parametrize("folder", list_bundled_models(), ids=lambda path: path.name)
def test_shipped_models_say_of_which_texts_they_read_nothing(folder: Path) -> None:
    scorer = Scorer.open(read_directory(folder).open())
    assert scorer.score_texts(pa.array(UNREADABLE)).unread.all()
    readable = ["@airparadis late 😡", "#fail again", "日本語 ok", "RT @a: no!"]
    scores = scorer.score_texts(pa.chunked_array([UNREADABLE, readable]))
    assert scores.unread.tolist() == [True] * len(UNREADABLE) + [False] * len(readable)
    np.testing.assert_array_equal(scores.probabilities, scorer.score(pa.array(UNREADABLE + readable)))


@pytest.mark.tensorflow
def test_engines_agree_on_texts() -> None:
    texts = pa.array(RAW * 100)
    np.testing.assert_allclose(
        Scorer.open(MODEL, "numpy").score(texts),
        Scorer.open(MODEL, "tensorflow").score(texts),
        rtol=0,
        atol=1e-5,
    )


@pytest.mark.shared
@pytest.mark.tensorflow
@pytest.mark.parametrize("folder", list_bundled_models(), ids=lambda path: path.name)
def test_engines_agree_on_real_tweets_with_the_shipped_models(folder: Path, shared: Path) -> None:
    model = read_directory(folder).open()
    texts = read_labelled(shared / "data/sentiment140/test.parquet").texts.slice(0, 8_000)
    ours, tensorflow = (Scorer.open(model, engine).score(texts) for engine in ("numpy", "tensorflow"))
    np.testing.assert_allclose(ours, tensorflow, rtol=0, atol=1e-5)


def test_scoring_with_numpy_loads_no_tensorflow() -> None:
    script = (
        "import sys, model_registry.store.registry, model_registry.scoring.scorer, model_registry.scoring.engines.numpy_engine;"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'sklearn'} & sys.modules.keys()))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
