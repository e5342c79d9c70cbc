"""The study's table: each model with the study's settings, and the figures that the study printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training.experiments.experiment import Experiment, StudyFigures
from training.specs import NgramSpec, RecurrentSpec, SentenceSpec

if TYPE_CHECKING:
    from model_registry.networks.recurrent import Cell


FEW_TWEETS: Final = 30_000
MANY_TWEETS: Final = 400_000
_HASHES: Final = 1_024
_ALL_WORDS: Final = 93_480
"""The vocabulary of the study's frozen embeddings. Frozen vectors add no fitted parameters, so all words stay."""


def _own(name: str, cell: Cell, **settings: Any) -> RecurrentSpec:  # noqa: ANN401 - any field of a spec
    return RecurrentSpec(
        name=name, vectors="own", cell=cell, rows=MANY_TWEETS, decay=False, shipped_size=50_000, **settings
    )


def _baseline(name: str, **settings: float) -> RecurrentSpec:
    return _own(name, "rnn", spatial_dropout=0.0, **settings)


def _frozen(name: str, **settings: Any) -> RecurrentSpec:  # noqa: ANN401 - any field of a spec
    return RecurrentSpec(
        name=name,
        freeze=True,
        rows=MANY_TWEETS,
        decay=False,
        vocabulary_size=_ALL_WORDS,
        shipped_size=_ALL_WORDS,
        **settings,
    )


NGRAMS_LR: Final = NgramSpec(
    name="ngrams_lr", rows=FEW_TWEETS, buckets=1 << 17, longest=2, least_tweets=5, inverse_penalty=1.0
)
"""There are many hash buckets for the study's 8,400 n-grams, so that collisions are rare."""

GLOVE_LSTM: Final = _frozen("glove_lstm", vectors="glove")
WORD2VEC_LSTM: Final = _frozen("word2vec_lstm", vectors="word2vec")

STUDY: Final = (
    Experiment(
        NgramSpec(
            name="hashing_lr",
            rows=FEW_TWEETS,
            buckets=1 + _HASHES,
            longest=2,
            shared=True,
            inverse_penalty=1.0,
        ),
        StudyFigures(auc=0.76900, accuracy=0.70000),
    ),
    Experiment(NGRAMS_LR, StudyFigures(auc=0.84200, accuracy=0.76300)),
    Experiment(
        _baseline("rnn_base", cell_dropout=0.3, dropout=0.0, l2=0.0),
        StudyFigures(auc=0.85245, accuracy=0.77525),
        "the study does not say where the baselines' dropout was; here the vectors have no dropout",
    ),
    Experiment(
        _baseline("rnn_dropout3", dropout=0.3), StudyFigures(auc=0.86352, accuracy=0.78494), "see rnn_base"
    ),
    Experiment(
        _baseline("rnn_dropout5", dropout=0.5), StudyFigures(auc=0.87459, accuracy=0.79469), "see rnn_base"
    ),
    Experiment(_own("rnn", "rnn"), StudyFigures(auc=0.87653, accuracy=0.79421)),
    Experiment(_own("lstm", "lstm"), StudyFigures(auc=0.88955, accuracy=0.80953)),
    Experiment(_own("bilstm", "bilstm"), StudyFigures(auc=0.89091, accuracy=0.81094)),
    Experiment(
        WORD2VEC_LSTM,
        StudyFigures(auc=0.88685, accuracy=0.80586),
        "vectors learnt from the training tweets; the study's were pretrained on other text",
    ),
    Experiment(
        GLOVE_LSTM,
        StudyFigures(auc=0.90395, accuracy=0.82354),
        "vectors of --glove; the study used GloVe Twitter of 200 dimensions",
    ),
    Experiment(
        SentenceSpec(name="use_lite_dense", rows=MANY_TWEETS, decay=False),
        StudyFigures(auc=0.87912, accuracy=0.79594),
        "encoder of --encoder; the study used USE v4",
    ),
)
"""All models of the study that are fitted here, from cheap to expensive. Azure's service is in :mod:`training.azure`."""
