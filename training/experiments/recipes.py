"""How each kind of spec is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from training.experiments.stacked import fit_stacked
from training.neural.recurrent import fit_recurrent
from training.neural.sentence import fit_sentence_model
from training.neural.transformer import fit_transformer
from training.ngrams.ngram_model import fit_ngram_model
from training.specs import (
    ModelSpec,
    NgramSpec,
    RecurrentSpec,
    SentenceSpec,
    StackedSpec,
    TransformerSpec,
    WideDeepSpec,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from training.fitting import FittedModel, FittingInputs
    from training.neural.observer import FittingObserver

    Recipe: TypeAlias = Callable[[Any, FittingInputs, Path, FittingObserver], FittedModel]

RECIPES: Final[Mapping[type[ModelSpec], Recipe]] = {
    NgramSpec: lambda spec, inputs, _folder, _observer: fit_ngram_model(spec, inputs.dataset),
    RecurrentSpec: fit_recurrent,
    WideDeepSpec: fit_recurrent,
    SentenceSpec: fit_sentence_model,
    TransformerSpec: fit_transformer,
    StackedSpec: fit_stacked,
}


def fit_model(spec: ModelSpec, inputs: FittingInputs, folder: Path, observer: FittingObserver) -> FittedModel:
    """Fit a spec, or continue from the checkpoint in ``folder``. Folders beside it are shared between experiments.

    :raises Usage: if vectors or teachers are not given.
    :raises DataRefused: if a teacher scored other tweets.
    :raises Misconfigured: if vectors, encoder or checkpoint are invalid.
    """
    return RECIPES[type(spec)](spec, inputs, folder, observer)
