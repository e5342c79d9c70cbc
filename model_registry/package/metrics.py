"""The quality of a model on one labelled set, as its manifest states it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from model_registry.stored_json import SparseStoredJson, StoredJson

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Confusion(StoredJson):
    """Numbers of tweets by label and prediction: true negatives, false positives, and so on."""

    tn: Count
    fp: Count
    fn: Count
    tp: Count


class Metrics(SparseStoredJson):
    """Accuracy and AUC with their 95 % intervals (``_ci``: low, high), over ``n`` tweets.

    ``tpr`` and ``fpr`` are the shares of positive and of negative tweets that are predicted positive at the threshold,
    ``ece`` is the expected calibration error. Manifests of format 1 lack these three.
    """

    n: Count
    accuracy: Share
    accuracy_ci: tuple[Share, Share]
    auc: Share
    auc_ci: tuple[Share, Share]
    confusion: Confusion
    tpr: Share | None = None
    fpr: Share | None = None
    ece: Share | None = None
