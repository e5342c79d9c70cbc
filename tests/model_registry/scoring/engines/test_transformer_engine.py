"""Both engines return the scores of a Transformer's definition, for any batch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badbuzz.errors import Misconfigured, ModelRefused
from model_registry.networks.token_ids import PADDING_ID, UNKNOWN_ID
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine, transformer_engine
from model_registry.scoring.predictors import open_predictor
from model_registry.scoring.scorer import Scorer
from model_registry.text.vocabulary import TokenBatch, Vocabulary
from tests.model_registry import tiny_transformer_model

if TYPE_CHECKING:
    from badbuzz.settings import EngineName
    from model_registry.scoring.engines import Engine

MODEL = tiny_transformer_model.load()
LONGEST = tiny_transformer_model.NETWORK.max_length


@pytest.fixture(scope="module", params=["numpy", pytest.param("tensorflow", marks=pytest.mark.tensorflow)])
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.param
    if name == "tensorflow":
        pytest.importorskip("keras_hub")
    return name


@pytest.fixture(scope="module")
def engine(engine_name: EngineName) -> Engine:
    return open_engine(MODEL, engine_name, threads=1)


def batch_of(lengths: list[int], seed: int = 0) -> TokenBatch:
    random = np.random.default_rng(seed)
    present = np.arange(max(lengths, default=0)) < np.array(lengths, int)[:, None]
    ids = random.integers(UNKNOWN_ID, tiny_transformer_model.NETWORK.vocabulary_size, size=present.shape)
    return TokenBatch(np.where(present, ids, PADDING_ID).astype(np.int32), np.array(lengths, np.int32))


def check(engine: Engine, batch: TokenBatch) -> None:
    expected = tiny_transformer_model.by_definition(MODEL, batch)
    np.testing.assert_allclose(engine.predict(batch), expected, rtol=0, atol=5e-6)


def test_the_definition_scores_tweets_differently() -> None:
    assert np.ptp(tiny_transformer_model.by_definition(MODEL, batch_of([2, 3, 4, 5] * 20))) > 0.2


@settings(deadline=None)
@given(st.lists(st.integers(2, LONGEST), max_size=40), st.integers(0, 1_000))
def test_any_lengths_in_any_order(engine: Engine, lengths: list[int], seed: int) -> None:
    check(engine, batch_of(lengths, seed))


@pytest.mark.parametrize("length", range(2, LONGEST + 1))
def test_a_tweet_alone(engine: Engine, length: int) -> None:
    scores = engine.predict(batch_of([length]))
    assert scores.shape == (1,)
    assert scores.dtype == np.float32
    check(engine, batch_of([length]))


def test_an_empty_batch(engine: Engine) -> None:
    scores = engine.predict(TokenBatch(np.empty((0, 0), np.int32), np.empty(0, np.int32)))
    assert scores.shape == (0,)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("pieces", [1, 7, 512])
def test_any_size_of_chunks(pieces: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer_engine, "CHUNK", pieces)
    batch = batch_of([2 + row * 7 % (LONGEST - 1) for row in range(200)])
    check(open_engine(MODEL, "numpy", threads), batch)


def test_the_order_of_pieces_and_their_neighbours_count(engine: Engine) -> None:
    """Shows that the tests above would notice missing attention or missing positions."""
    batch = batch_of([6] * 20)
    mirrored = TokenBatch(np.ascontiguousarray(batch.ids[:, ::-1]), batch.lengths)
    assert np.abs(engine.predict(batch) - engine.predict(mirrored)).max() > 1e-2
    longer = TokenBatch(np.pad(batch.ids, ((0, 0), (0, 1)), constant_values=UNKNOWN_ID), batch.lengths + 1)
    assert np.abs(engine.predict(batch) - engine.predict(longer)).max() > 1e-2


@pytest.mark.parametrize("heads", [1, 4, 8])
def test_any_number_of_heads(engine_name: EngineName, heads: int) -> None:
    network = tiny_transformer_model.NETWORK.model_copy(update={"heads": heads, "layers": 1})
    model = tiny_transformer_model.load(network)
    batch = batch_of([2, 5, 9])
    scores = open_engine(model, engine_name, 1).predict(batch)
    np.testing.assert_allclose(scores, tiny_transformer_model.by_definition(model, batch), rtol=0, atol=5e-6)


@pytest.mark.tensorflow
def test_engines_agree_on_texts_that_are_too_long() -> None:
    pytest.importorskip("keras_hub")
    texts = pa.array(["LOST my bags, again!!", "", None, "kindly. " * 40, "zzz @crew great"])
    ours, keras = (Scorer.open(MODEL, engine).score(texts) for engine in ("numpy", "tensorflow"))
    np.testing.assert_allclose(ours, keras, rtol=0, atol=1e-5)
    assert len(set(ours.round(4).tolist())) == 4  # a null is an empty text


@pytest.mark.tensorflow
def test_a_missing_keras_hub_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(
        Misconfigured, match=r"install badbuzz\[transformer\], or, to score, use the engine numpy"
    ):
        open_engine(MODEL, "tensorflow", 1)


def test_a_tweet_is_cut_at_the_network_s_length(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    monkeypatch.setattr(
        transformer_engine.TransformerEngine, "predict", lambda _self, batch: lengths.extend(batch.lengths)
    )
    open_predictor(MODEL, "numpy", 1, None)(pa.array(["late " * 40]))
    assert lengths == [LONGEST]


def test_a_vocabulary_without_the_marks_is_refused_before_anything_is_registered() -> None:
    words = Vocabulary(tuple(f"w{number}" for number in range(len(tiny_transformer_model.PIECES))))
    with pytest.raises(ModelRefused, match=r"lacks the word pieces \[CLS\], \[SEP\]"):
        pack(tiny_transformer_model.draft(vocabulary=words))
