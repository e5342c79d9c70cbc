"""How good a model is on one labelled set, as its manifest says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Confusion(BaseModel):
    """Tweets by what they are and what the model says; *positive* is the mood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tn: Count
    fp: Count
    fn: Count
    tp: Count


class Metrics(BaseModel):
    """Accuracy and AUC with their 95 % intervals (``_ci``: low, high), over ``n`` tweets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: Count
    accuracy: Share
    accuracy_ci: tuple[Share, Share]
    auc: Share
    auc_ci: tuple[Share, Share]
    confusion: Confusion
