"""From a fitted linear model to what the registry takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from model_registry.package.model_draft import ModelDraft
from training.calibration import calibrated, fit_calibration
from training.export.model_card import model_card
from training.export.provenance import described
from training.export.recurrent import with_half_wide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.data.dataset import CleanedTweets
    from training.ngrams.hashed import FittedNgramModel


def linear_draft(trained: FittedNgramModel, *, also: Mapping[str, CleanedTweets] | None = None) -> ModelDraft:
    """Halve and calibrate a linear model, measure it, and describe it; ``also`` names more labelled tweets."""
    shipped = replace(trained, tensors=with_half_wide(trained.tensors))
    validation = trained.dataset.validation
    calibration = fit_calibration(validation.labels, shipped.score(validation))
    shipped = replace(shipped, tensors=calibrated(shipped.tensors, calibration))
    sets = {"test": trained.dataset.test, "validation": validation, **(also or {})}
    metrics = {name: evaluate(tweets.labels, shipped.score(tweets)) for name, tweets in sets.items()}
    spec, network = trained.spec, trained.network
    training = described(trained, calibration, vectors="none: n-grams are hashed", notes="")
    fitting = f"Logistic regression (L-BFGS, C = {spec.inverse_penalty})."
    return ModelDraft(
        name=spec.name,
        network=network,
        cleaning=spec.rules,
        tensors=shipped.tensors,
        vocabulary=trained.vocabulary,
        metrics=metrics,
        training=training,
        documents={"model_card.md": model_card(spec, network, fitting, metrics, training).encode()},
    )
