"""Model specs: what a model is made of, as data. The experiments that use them are in :mod:`training.experiments`."""

from training.specs.base import ModelSpec, NeuralSpec
from training.specs.encoders import SentenceSpec, TransformerSpec
from training.specs.ngrams import NgramSpec, ResidualSpec
from training.specs.recurrent import RecurrentSpec, WideDeepSpec
from training.specs.stacked import StackedSpec

__all__ = [
    "ModelSpec",
    "NeuralSpec",
    "NgramSpec",
    "RecurrentSpec",
    "ResidualSpec",
    "SentenceSpec",
    "StackedSpec",
    "TransformerSpec",
    "WideDeepSpec",
]
