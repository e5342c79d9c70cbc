"""From a fitted model to what the registry takes: smaller, measured as it will be shipped, and with a card that says so."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from badbuzz import __version__
from model_registry.artifact import ArtifactDraft
from model_registry.evaluation import evaluate
from model_registry.keras_network import build, load_tensors
from model_registry.manifest import Training
from model_registry.network import PADDING_ID, RESERVED_IDS, UNKNOWN_ID, WIDE_WEIGHTS
from model_registry.vocabulary import Vocabulary
from training.calibration import Calibration, calibrated, fit_calibration
from training.encoded import encode
from training.model_card import fitting_of, layers_of, model_card
from training.steps import predict, scoring_call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pydantic import JsonValue

    from model_registry.metrics import Metrics
    from model_registry.network import Network
    from training.dataset import LabelledTweets
    from training.hashed import TrainedHashed
    from training.recipe import Trained
    from training.variant import RecurrentVariant

DATA_TERMS: Final = (
    "Sentiment140 (Go, Bhayani, Huang: Twitter Sentiment Classification using Distant Supervision, 2009). "
    "The tweets stay subject to the terms of the platform they come from; none is part of this model."
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """A model as it is shipped: fewer words, the embedding and the wide term's weights in half precision."""

    network: Network
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.floating]]
    calibration: Calibration | None = None


def shrink(trained: Trained, size: int) -> Shipped:
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
        tensors=_with_half_wide(trained.tensors) | {"embedding": embedding},
    )


def calibrate(shipped: Shipped, validation: LabelledTweets) -> Shipped:
    """Make its scores come true as often as they say, judged by the validation."""
    calibration = fit_calibration(validation.labels, scores_of(shipped, validation))
    return replace(shipped, tensors=calibrated(shipped.tensors, calibration), calibration=calibration)


def draft(
    trained: Trained, shipped: Shipped, *, vectors: str, also: Mapping[str, LabelledTweets] | None = None
) -> ArtifactDraft:
    """Measure the model before and after shrinking, and describe it.

    ``vectors`` says what it started from; ``also`` names more labelled tweets to measure it on.
    """
    sets = {"test": trained.dataset.test, "validation": trained.dataset.validation, **(also or {})}
    metrics = {name: measure(shipped, tweets) for name, tweets in sets.items()}
    before = evaluate(trained.dataset.test.labels, trained.score(trained.dataset.test))
    training = _origin(
        trained,
        shipped.calibration,
        vectors=_vectors(trained.variant, vectors),
        notes=_price(trained.network, shipped.network, before, metrics["test"]),
    )
    curve = json.dumps([asdict(point) for point in trained.curve], indent=1)
    return ArtifactDraft(
        name=trained.variant.name,
        network=shipped.network,
        cleaning=trained.variant.rules,
        tensors=shipped.tensors,
        vocabulary=shipped.vocabulary,
        metrics=metrics,
        training=training,
        documents={
            "learning_curve.json": curve.encode(),
            "model_card.md": model_card(
                trained.variant, layers_of(shipped.network), fitting_of(trained.variant), metrics, training
            ).encode(),
        },
    )


def linear_draft(
    trained: TrainedHashed, *, also: Mapping[str, LabelledTweets] | None = None
) -> ArtifactDraft:
    """Halve and calibrate a linear model, measure it, and describe it; ``also`` names more labelled tweets."""
    shipped = replace(trained, tensors=_with_half_wide(trained.tensors))
    validation = trained.dataset.validation
    calibration = fit_calibration(validation.labels, shipped.score(validation))
    shipped = replace(shipped, tensors=calibrated(shipped.tensors, calibration))
    sets = {"test": trained.dataset.test, "validation": validation, **(also or {})}
    metrics = {name: evaluate(tweets.labels, shipped.score(tweets)) for name, tweets in sets.items()}
    variant, network = trained.variant, trained.network
    training = _origin(trained, calibration, vectors="none: n-grams are hashed", notes="")
    fitting = f"Logistic regression (L-BFGS, C = {variant.inverse_penalty})."
    return ArtifactDraft(
        name=variant.name,
        network=network,
        cleaning=variant.rules,
        tensors=shipped.tensors,
        vocabulary=trained.vocabulary,
        metrics=metrics,
        training=training,
        documents={
            "model_card.md": model_card(variant, layers_of(network), fitting, metrics, training).encode()
        },
    )


def measure(model: Shipped, tweets: LabelledTweets) -> Metrics:
    """Score labelled tweets and compare."""
    return evaluate(tweets.labels, scores_of(model, tweets))


def scores_of(model: Shipped, tweets: LabelledTweets) -> NDArray[np.float32]:
    """Score tweets with Keras: float32 [n], the probability of positive."""
    keras_model = build(model.network)
    load_tensors(keras_model, model.tensors)
    network = model.network
    return predict(
        scoring_call(keras_model), encode(tweets, model.vocabulary, network.max_length, network.wide)
    )


def _with_half_wide(tensors: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
    wide = {WIDE_WEIGHTS: tensors[WIDE_WEIGHTS].astype(np.float16)} if WIDE_WEIGHTS in tensors else {}
    return {**tensors, **wide}


def _origin(
    trained: Trained | TrainedHashed, calibration: Calibration | None, *, vectors: str, notes: str
) -> Training:
    settings: dict[str, JsonValue] = {**asdict(trained.variant), "train_rows": len(trained.dataset.train)}
    if calibration:
        settings["calibration"] = {**asdict(calibration), "fitted_on": "validation"}
    return Training(
        created_at=datetime.now(UTC).replace(microsecond=0),
        software=f"badbuzz {__version__}",
        git_revision=git_revision(),
        data_fingerprint=trained.dataset.fingerprint,
        data_terms=DATA_TERMS,
        vectors=vectors,
        settings=settings,
        notes=notes,
    )


def _price(whole: Network, shipped: Network, before: Metrics, after: Metrics) -> str:
    return (
        f"Keeping {shipped.vocabulary_size:,} of {whole.vocabulary_size:,} embedding rows (no known name of an account) and "
        f"rounding them to half precision costs {before.auc - after.auc:.5f} AUC (from {before.auc:.5f} to "
        f"{after.auc:.5f}) and {before.accuracy - after.accuracy:.5f} accuracy on the test."
    )


def _vectors(variant: RecurrentVariant, told: str) -> str:
    if variant.vectors == "own":
        return f"its own, of {variant.own_dimensions} dimensions"
    return f"{told}; {'frozen' if variant.freeze else 'fine-tuned'}"


def git_revision() -> str | None:
    """Name the commit of the checkout that this file is in, ``-dirty`` if files differ; None outside of one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
