"""Every engine returns the scores of the network's definition, for any batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.networks.recurrent import Cell, RecurrentNetwork
from model_registry.networks.token_ids import PADDING_ID
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from model_registry.scoring.engines.numpy_engine import CHUNK
from model_registry.text.vocabulary import TokenBatch
from tests.model_registry import tiny_model
from tests.model_registry.scoring.engines.recurrent_definition import batch_of, by_definition

if TYPE_CHECKING:
    from badbuzz.settings import EngineName
    from model_registry.package.package import LoadedModel
    from model_registry.scoring.engines import Engine

CELLS: Final = get_args(Cell)
KINDS: Final[dict[str, dict[str, Any]]] = {
    **{cell: {"cell": cell} for cell in CELLS},
    **{f"{cell}, pooled": {"cell": cell, "pooling": "max_mean"} for cell in CELLS},
    "wide and deep": {"ngram_term": NgramTerm(buckets=40, longest_ngram=2)},
    "all of it": {"cell": "bilstm", "pooling": "max_mean", "ngram_term": NgramTerm(buckets=99)},
    "chosen n-grams": {"ngram_term": NgramTerm(buckets=99, longest_ngram=2, one_ngram_per_bucket=True)},
    "rooted n-grams": {"ngram_term": NgramTerm(buckets=99, longest_ngram=2, scaled_by_root_count=True)},
}
LINEAR: Final = LinearNetwork(
    vocabulary_size=tiny_model.NETWORK.vocabulary_size,
    max_length=tiny_model.NETWORK.max_length,
    ngram_term=NgramTerm(buckets=50),
)


def network_of(kind: str, **changes: object) -> RecurrentNetwork:
    return tiny_model.NETWORK.model_copy(update=KINDS[kind] | changes)


NETWORKS: Final[dict[str, RecurrentNetwork | LinearNetwork]] = {
    **{kind: network_of(kind) for kind in KINDS},
    "linear": LINEAR,
    "linear, rooted": LINEAR.model_copy(
        update={"ngram_term": NgramTerm(buckets=50, scaled_by_root_count=True)}
    ),
    "linear, chosen": LINEAR.model_copy(
        update={"ngram_term": NgramTerm(buckets=50, one_ngram_per_bucket=True)}
    ),
}
MODELS: Final = {
    name: pack(tiny_model.draft(network=network, tensors=tiny_model.tensors(network))).open()
    for name, network in NETWORKS.items()
}
MAX_LENGTH = tiny_model.NETWORK.max_length


@pytest.fixture(
    scope="module",
    params=["numpy", pytest.param("tensorflow", marks=pytest.mark.tensorflow)],
)
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.param
    return name


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return MODELS[request.param]


@pytest.fixture(scope="module")
def engine(model: LoadedModel, engine_name: EngineName) -> Engine:
    return open_engine(model, engine_name, threads=1)


def test_the_definition_scores_tweets_differently(model: LoadedModel) -> None:
    scores = by_definition(model, batch_of([1, 2, 3, 4, 5] * 20))
    assert np.ptp(scores) > 0.03


@settings(deadline=None)
@given(st.lists(st.integers(1, MAX_LENGTH), max_size=40), st.integers(0, 1_000))
def test_any_lengths_in_any_order(model: LoadedModel, engine: Engine, lengths: list[int], seed: int) -> None:
    batch = batch_of(lengths, seed)
    np.testing.assert_allclose(engine.predict(batch), by_definition(model, batch), rtol=0, atol=1e-6)


@pytest.mark.parametrize("length", range(1, MAX_LENGTH + 1))
def test_a_tweet_alone(model: LoadedModel, engine: Engine, length: int) -> None:
    batch = batch_of([length])
    scores = engine.predict(batch)
    assert scores.shape == (1,)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, by_definition(model, batch), rtol=0, atol=1e-6)


def test_an_empty_batch(engine: Engine) -> None:
    scores = engine.predict(TokenBatch(np.empty((0, 0), np.int32), np.empty(0, np.int32)))
    assert scores.shape == (0,)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("rows", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1])
def test_more_tweets_than_one_chunk(model: LoadedModel, engine: Engine, rows: int) -> None:
    batch = batch_of([1 + row % MAX_LENGTH for row in range(rows)])
    np.testing.assert_allclose(engine.predict(batch), by_definition(model, batch), rtol=0, atol=1e-6)


def test_scores_do_not_depend_on_the_number_of_threads(model: LoadedModel, engine_name: EngineName) -> None:
    batch = batch_of([1 + row % MAX_LENGTH for row in range(3 * CHUNK)])
    scores = open_engine(model, engine_name, threads=3).predict(batch)
    np.testing.assert_allclose(scores, by_definition(model, batch), rtol=0, atol=1e-6)


def test_a_score_does_not_depend_on_its_neighbours(engine: Engine) -> None:
    batch = batch_of([3] + [5] * 100 + [1] * 100)
    alone = TokenBatch(batch.ids[:1], batch.lengths[:1])
    np.testing.assert_allclose(engine.predict(batch)[0], engine.predict(alone)[0], rtol=0, atol=1e-6)


def test_words_beyond_the_padding_would_change_the_score(engine: Engine) -> None:
    """Shows that the tests above would notice an engine that ignores lengths."""
    long = batch_of([5] * 20)
    short = TokenBatch(np.where(np.arange(5) < 2, long.ids, PADDING_ID), np.full(20, 2, np.int32))
    assert np.abs(engine.predict(short) - engine.predict(long)).max() > 1e-4


def test_the_order_of_words_counts(engine: Engine) -> None:
    """Shows that the tests above would notice an engine that ignores the order of words."""
    batch = batch_of([5] * 20)
    mirrored = TokenBatch(np.ascontiguousarray(batch.ids[:, ::-1]), batch.lengths)
    assert np.abs(engine.predict(batch) - engine.predict(mirrored)).max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_of_one_step(engine_name: EngineName, kind: str) -> None:
    network = network_of(kind, max_length=1)
    model = pack(tiny_model.draft(network=network, tensors=tiny_model.tensors(network))).open()
    batch = batch_of([1, 1, 1])
    scores = open_engine(model, engine_name, threads=1).predict(batch)
    np.testing.assert_allclose(scores, by_definition(model, batch), rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_study_s_networks_with_an_embedding_in_half_precision(
    engine_name: EngineName, cell: Cell
) -> None:
    network = RecurrentNetwork(
        vocabulary_size=tiny_model.NETWORK.vocabulary_size, embedding_dimensions=200, cell=cell
    )
    weights = {
        name: tensor * 0.08 for name, tensor in tiny_model.tensors(network).items()
    }  # larger weights make 36 steps chaotic
    weights["embedding"] = weights["embedding"].astype(np.float16)
    model = pack(tiny_model.draft(network=network, tensors=weights)).open()
    batch = batch_of([1 + row % network.max_length for row in range(100)])
    scores = open_engine(model, engine_name, threads=2).predict(batch)
    np.testing.assert_allclose(scores, by_definition(model, batch), rtol=0, atol=2e-6)
