"""Turn a fitted model into what the registry stores: smaller, calibrated, measured as it is deployed, with a model card."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from model_registry.package.model_draft import ModelDraft
from training.export.model_card import write_model_card
from training.export.training_facts import record_training

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_registry.package.metrics import Metrics
    from training.data.dataset import CleanedTweets
    from training.fitting import FittedModel


def draft_model(
    fitted: FittedModel, sets: Mapping[str, CleanedTweets], measured: Metrics, *, vectors: str | None
) -> ModelDraft:
    """Return the draft of a fitted model.

    :param sets: the labelled tweets that the deployed model is measured on, by name; ``test`` is one of them.
    :param measured: the metrics of the fitted model on the test.
    :param vectors: the file name of the vectors or encoder.
    """
    spec, model = fitted.spec, fitted.make_deployable()
    if spec.is_calibrated:
        model = model.calibrated(fitted.dataset.validation)
    metrics = {name: evaluate(tweets.labels, model.score(tweets)) for name, tweets in sets.items()}
    notes = f"{model.change} {_cost(measured, metrics['test'])}" if model.change else ""
    training = record_training(fitted, model.calibration, vectors=vectors, notes=notes)
    documents = {"model_card.md": write_model_card(spec, model.network, metrics, training)}
    if fitted.curve:
        documents["learning_curve.json"] = json.dumps([asdict(point) for point in fitted.curve], indent=1)
    return ModelDraft(
        name=spec.name,
        network=model.network,
        cleaning=spec.rules,
        tensors=model.tensors,
        vocabulary=model.vocabulary,
        metrics=metrics,
        training=training,
        documents={name: text.encode() for name, text in documents.items()},
    )


def _cost(before: Metrics, after: Metrics) -> str:
    return (
        f"costs {before.auc - after.auc:.5f} AUC (from {before.auc:.5f} to {after.auc:.5f}) and "
        f"{before.accuracy - after.accuracy:.5f} accuracy on the test."
    )
