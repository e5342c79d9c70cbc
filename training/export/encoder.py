"""From a fitted network with an encoder to what the registry takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from model_registry.package.model_draft import ModelDraft
from training.calibration import fit_calibration
from training.export.model_card import fitting_with_encoder, model_card
from training.export.provenance import described
from training.export.recurrent import documents, price

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from training.data.dataset import CleanedTweets
    from training.neural.sentence import FittedSentenceModel
    from training.neural.transformer import FittedTransformer


def encoder_draft(
    trained: FittedTransformer | FittedSentenceModel,
    scores: Mapping[str, NDArray[np.float32]],
    *,
    vectors: str,
    also: Mapping[str, CleanedTweets],
) -> ModelDraft:
    """Calibrate the network on the validation, measure it as it is shipped, and describe it.

    ``scores`` are those of the network as it was fitted, of test and validation: encoders are slow, so they are not made again.
    ``vectors`` names the encoder, ``also`` more labelled tweets to measure on.
    """
    sets = {"test": trained.dataset.test, "validation": trained.dataset.validation, **also}
    calibration = fit_calibration(sets["validation"].labels, scores["validation"])
    shipped = trained.ship(calibration)
    metrics = {name: evaluate(tweets.labels, shipped.score(tweets)) for name, tweets in sets.items()}
    before = evaluate(sets["test"].labels, scores["test"])
    spec = trained.spec
    training = described(
        trained, calibration, vectors=vectors, notes=price(shipped.change, before, metrics["test"])
    )
    card = model_card(spec, shipped.network, fitting_with_encoder(spec), metrics, training)
    return ModelDraft(
        name=spec.name,
        network=shipped.network,
        cleaning=spec.rules,
        tensors=shipped.tensors,
        vocabulary=shipped.vocabulary,
        metrics=metrics,
        training=training,
        documents=documents(trained.curve, card),
    )
