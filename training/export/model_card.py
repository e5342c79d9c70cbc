"""Write the model card: what to know before trusting a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_registry.networks.kinds import Network
    from model_registry.package.manifest import Training
    from model_registry.package.metrics import Metrics
    from training.specs import ModelSpec

_NAMES: Final = """ Rare words known to be names of
accounts were dropped from its vocabulary."""


def write_model_card(
    spec: ModelSpec, network: Network, metrics: Mapping[str, Metrics], training: Training
) -> str:
    """Return the card in Markdown."""
    rows = "\n".join(_table_row(name, result) for name, result in metrics.items())
    return f"""# {spec.name}

Returns the probability that a tweet in English is positive; a score below 0.5 means *negative*.

**Network.** {network.architecture}.

**Fitting.** {spec.describe_fitting()} Seed {spec.seed}.

**Vectors.** {training.vectors}.

**Text.** Cleaned by the *{spec.cleaning}* rules, in training as in the worker.{_NAMES if spec.builds_vocabulary else ""}

**Data.** {training.settings["train_rows"]:,} tweets; with validation and test, their fingerprint is
`{training.data_fingerprint}`.
{training.data_terms}
Labels are distant: they come from the emoticons in the tweets, not from human annotators.

| measured on | tweets | accuracy (95 %) | AUC (95 %) | confusion (tn fp fn tp) |
|---|---|---|---|---|
{rows}

These are the figures of the model as it is deployed. {training.notes}

**Good at** plain statements of mood: complaints, delays, thanks, joy.

**Bad at** sarcasm; mixed feelings (praise and blame in one tweet); tweets that state a fact without a mood, because
it has no class *neutral*; other languages; words newer than 2009. Some labels of its data are wrong, so no model
measured on them reaches 100 %. A single score is weak evidence; the model is meant for rates over many tweets.
"""


def _table_row(name: str, result: Metrics) -> str:
    accuracy, auc, cells = result.accuracy_ci, result.auc_ci, result.confusion
    return (
        f"| {name} | {result.n:,} | {result.accuracy:.4f} ({accuracy[0]:.4f} to {accuracy[1]:.4f}) "
        f"| {result.auc:.4f} ({auc[0]:.4f} to {auc[1]:.4f}) | {cells.tn} {cells.fp} {cells.fn} {cells.tp} |"
    )
