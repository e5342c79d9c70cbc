"""The model card: what a person should know before trusting a model, written from its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from training.specs import SentenceSpec, TransformerSpec, WideDeepSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_registry.networks.kinds import Network
    from model_registry.package.manifest import Training
    from model_registry.package.metrics import Metrics
    from training.specs import ModelSpec, NeuralSpec, RecurrentSpec, ResidualSpec

_NAMES: Final = """ Rare words known to be names of
accounts were dropped from its vocabulary."""
"""Not of one with an encoder: it chose no words from the tweets."""


def fitting_of(spec: RecurrentSpec, beside: ResidualSpec | None = None) -> str:
    """Tell how a network was fitted, and the wide term that was fitted ``beside`` it."""
    unread = spec.word_dropout if isinstance(spec, WideDeepSpec) else None
    network = f"""Spatial dropout {spec.spatial_dropout}, {spec.cell_dropout} on the recurrent layer's inputs,
{spec.dropout} before the dense ones,{f" {unread} of the words unread," if unread else ""} L2 {spec.l2} on the dense layer,
Adam {_rate(spec)}, {spec.epochs} epochs at most, batches of {spec.batch_size}."""
    return network if beside is None else f"{network} {_beside(beside)}"


def fitting_with_encoder(spec: SentenceSpec | TransformerSpec) -> str:
    """Tell how a network with an encoder was fitted."""
    if isinstance(spec, TransformerSpec):
        what = f"""All layers but the vectors of word pieces. Dropout {spec.encoder_dropout} inside the encoder,
{spec.dropout} after it,"""
    else:
        what = f"The dense layers; the encoder stays as it is. Dropout {spec.dropout} between them,"
    return f"""{what} Adam {_rate(spec)}, {spec.epochs} epochs at most,
batches of {spec.batch_size}."""


def _beside(wide: ResidualSpec) -> str:
    return f"""Weights of n-grams: on top of {wide.known_share} of the logit
of networks of this kind that had not learnt the tweet; AdaGrad at {wide.learning_rate}, {wide.passes} passes, batches of
{wide.batch_size:,}. The validation says how much each of the two logits counts."""


def model_card(
    spec: ModelSpec, network: Network, fitting: str, metrics: Mapping[str, Metrics], training: Training
) -> str:
    """Write the card in Markdown."""
    rows = "\n".join(_row(name, result) for name, result in metrics.items())
    names = "" if isinstance(spec, SentenceSpec | TransformerSpec) else _NAMES
    return f"""# {spec.name}

Gives the probability that a tweet in English is positive in mood; below 0.5 it is called negative.

**Network.** {network.architecture}.

**Fitting.** {fitting} Seed {spec.seed}.

**Vectors.** {training.vectors}.

**Text.** Cleaned by the *{spec.cleaning}* rules, in training as in the worker.{names}

**Data.** {training.settings["train_rows"]:,} tweets; with validation and test, their fingerprint is
`{training.data_fingerprint}`.
{training.data_terms}
Labels are distant: they come from the emoticons in the tweets, not from people who read them.

| measured on | tweets | accuracy (95 %) | AUC (95 %) | confusion (tn fp fn tp) |
|---|---|---|---|---|
{rows}

These are the numbers of the model as shipped. {training.notes}

**Good at** plain statements of mood: complaints, delays, thanks, joy.

**Bad at** sarcasm; mixed feelings (praise and blame in one tweet); tweets that state a fact without a mood, for
which it has no *neutral*; tweets not in English; words younger than 2009. Some labels of its data are wrong, so no
model measured on them gets near 100 %. One score is weak evidence; the rate over many tweets is what it is for.
"""


def _rate(spec: NeuralSpec) -> str:
    return f"from {spec.learning_rate} to 0" if spec.decay else f"at {spec.learning_rate}"


def _row(name: str, result: Metrics) -> str:
    accuracy, auc, cells = result.accuracy_ci, result.auc_ci, result.confusion
    return (
        f"| {name} | {result.n:,} | {result.accuracy:.4f} ({accuracy[0]:.4f} to {accuracy[1]:.4f}) "
        f"| {result.auc:.4f} ({auc[0]:.4f} to {auc[1]:.4f}) | {cells.tn} {cells.fp} {cells.fn} {cells.tp} |"
    )
