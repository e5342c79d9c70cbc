"""From a fitted model to what the registry takes: smaller, measured as it will be shipped, and with a card that says so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from model_registry.evaluation import evaluate
from model_registry.keras_models.recurrent import build, load_tensors
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS, NGRAM_WEIGHTS
from model_registry.networks.token_ids import PADDING_ID, RESERVED_IDS, UNKNOWN_ID
from model_registry.package.model_draft import ModelDraft
from model_registry.text.ngrams import open_hasher
from model_registry.text.vocabulary import Vocabulary
from training.calibration import Calibration, calibrated, fit_calibration
from training.data.encoded import encode
from training.export.model_card import fitting_of, model_card
from training.export.provenance import described
from training.neural.steps import predict, scoring_call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from model_registry.networks.recurrent import RecurrentNetwork
    from model_registry.package.metrics import Metrics
    from training.data.dataset import CleanedTweets
    from training.neural.checkpoint import CurvePoint
    from training.neural.recurrent import FittedRecurrent
    from training.specs import RecurrentSpec


@dataclass(frozen=True, slots=True)
class Shipped:
    """A model as it is shipped: fewer words, the embedding and the wide term's weights in half precision."""

    network: RecurrentNetwork
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]
    calibration: Calibration | None = None


def shrink(trained: FittedRecurrent, size: int) -> Shipped:
    """Keep at most ``size`` rows of the embedding, those of the most frequent words, in half precision.

    Names of accounts go first. The words dropped become the unknown word, which training has met in place of all
    rare words. The wide term's weights of n-grams with a dropped word stay, but nothing reads them.
    """
    known = enumerate(trained.vocabulary.tokens)
    words = [index for index, word in known if word not in trained.dataset.names][: size - RESERVED_IDS]
    rows = [PADDING_ID, UNKNOWN_ID, *(index + RESERVED_IDS for index in words)]
    embedding = trained.tensors["embedding"][rows].astype(np.float16)
    embedding[PADDING_ID] = 0
    return Shipped(
        network=trained.network.model_copy(update={"vocabulary_size": len(rows)}),
        vocabulary=Vocabulary(tuple(trained.vocabulary.tokens[index] for index in words)),
        tensors=with_half_wide(trained.tensors) | {"embedding": embedding},
    )


def calibrate(shipped: Shipped, validation: CleanedTweets) -> Shipped:
    """Make its scores come true as often as they say, judged by the validation."""
    calibration = fit_calibration(validation.labels, scores_of(shipped, validation))
    return replace(shipped, tensors=calibrated(shipped.tensors, calibration), calibration=calibration)


def draft(
    trained: FittedRecurrent,
    shipped: Shipped,
    *,
    vectors: str,
    also: Mapping[str, CleanedTweets] | None = None,
) -> ModelDraft:
    """Measure the model before and after shrinking, and describe it.

    ``vectors`` says what it started from; ``also`` names more labelled tweets to measure it on.
    """
    sets = {"test": trained.dataset.test, "validation": trained.dataset.validation, **(also or {})}
    metrics = {name: measure(shipped, tweets) for name, tweets in sets.items()}
    before = evaluate(trained.dataset.test.labels, trained.score(trained.dataset.test))
    training = described(
        trained,
        shipped.calibration,
        vectors=_vectors(trained.spec, vectors),
        notes=_price(trained.network, shipped.network, before, metrics["test"]),
        beside=trained.beside,
    )
    fitting = fitting_of(trained.spec, trained.beside)
    card = model_card(trained.spec, shipped.network, fitting, metrics, training)
    return ModelDraft(
        name=trained.spec.name,
        network=shipped.network,
        cleaning=trained.spec.rules,
        tensors=shipped.tensors,
        vocabulary=shipped.vocabulary,
        metrics=metrics,
        training=training,
        documents=documents(trained.curve, card),
    )


def documents(curve: Sequence[CurvePoint], card: str) -> dict[str, bytes]:
    """Write what lies beside a model's weights for people to read, by file name."""
    told = json.dumps([asdict(point) for point in curve], indent=1)
    return {"learning_curve.json": told.encode(), "model_card.md": card.encode()}


def price(change: str, before: Metrics, after: Metrics) -> str:
    """Say what a change of the weights costs on the test."""
    return (
        f"{change} costs {before.auc - after.auc:.5f} AUC (from {before.auc:.5f} to {after.auc:.5f}) and "
        f"{before.accuracy - after.accuracy:.5f} accuracy on the test."
    )


def measure(model: Shipped, tweets: CleanedTweets) -> Metrics:
    """Score labelled tweets and compare."""
    return evaluate(tweets.labels, scores_of(model, tweets))


def scores_of(model: Shipped, tweets: CleanedTweets) -> NDArray[np.float32]:
    """Score tweets with Keras: float32 [n], the probability of positive."""
    keras_model = build(model.network)
    load_tensors(keras_model, model.tensors)
    hasher = open_hasher(model.network.ngram_term, model.vocabulary, model.tensors)
    return predict(
        scoring_call(keras_model), encode(tweets, model.vocabulary, model.network.max_length, hasher)
    )


def with_half_wide(tensors: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
    """Bring a wide term's weights, if there is one, to half precision."""
    wide = {NGRAM_WEIGHTS, NGRAM_FINGERPRINTS} & tensors.keys()
    return {**tensors, **{name: tensors[name].astype(np.float16) for name in wide}}


def _price(whole: RecurrentNetwork, shipped: RecurrentNetwork, before: Metrics, after: Metrics) -> str:
    fewer = shipped.vocabulary_size < whole.vocabulary_size
    kept = (
        f"Keeping {shipped.vocabulary_size:,} of {whole.vocabulary_size:,} embedding rows (no known name of an account) and "
        "rounding them"
        if fewer
        else "Rounding"
    )
    return price(f"{kept} to half precision", before, after)


def _vectors(spec: RecurrentSpec, told: str) -> str:
    if spec.vectors == "own":
        return f"its own, of {spec.own_dimensions} dimensions"
    return f"{told}; {'frozen' if spec.freeze else 'fine-tuned'}"
