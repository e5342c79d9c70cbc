"""Rows beyond the study's table: each adds one lever to the row that it is compared with."""

from __future__ import annotations

import dataclasses
from typing import Final

from badbuzz.errors import Usage
from training.experiments import study_2021 as study
from training.experiments.experiment import Experiment
from training.specs import (
    HASHED,
    WIDE_DEEP,
    StackedSpec,
    TransformerSpec,
)

_DEEP: Final = dataclasses.replace(WIDE_DEEP, name="deep", buckets=None)
_DEEP_EXPRESSIVE: Final = dataclasses.replace(_DEEP, name="deep_expressive", cleaning="expressive")
_DEEP_GLOVE: Final = dataclasses.replace(_DEEP_EXPRESSIVE, name="deep_glove", vectors="glove")
_DEEP_UNREAD: Final = dataclasses.replace(
    _DEEP_GLOVE, name="deep_unread", word_dropout=0.1, epochs=4, shipped_size=45_000
)
_DEEP_DISTILLED: Final = dataclasses.replace(_DEEP_UNREAD, name="deep_distilled", teacher_weight=0.5)
_HASHED_EXPRESSIVE: Final = dataclasses.replace(HASHED, name="hashed_expressive", cleaning="expressive")

STACKED: Final = StackedSpec(name="tweet_sentiment_stacked", cleaning="expressive", deep=_DEEP_UNREAD)
"""The best that is fast: see docs/training.md."""

BEYOND: Final = (
    Experiment(
        dataclasses.replace(study.NGRAMS_LR, name="ngrams_lr_advanced", cleaning="advanced"),
        remark="ngrams_lr on text cleaned by the advanced rules",
    ),
    Experiment(
        dataclasses.replace(study.GLOVE_LSTM, name="glove_lstm_advanced", cleaning="advanced"),
        remark="glove_lstm on text cleaned by the advanced rules",
    ),
    Experiment(
        dataclasses.replace(
            study.WORD2VEC_LSTM,
            name="word2vec_lstm_all",
            rows=None,
            decay=True,
            epochs=4,
            batch_size=512,
            spatial_dropout=0.1,
            dropout=0.2,
        ),
        remark="word2vec_lstm on all tweets, which leave 227,969 parameters little to learn by heart",
    ),
    Experiment(HASHED, remark="runs of up to three words of all tweets, as a worker can look them up"),
    Experiment(_HASHED_EXPRESSIVE, remark="tweet_sentiment_hashed on text that keeps its punctuation"),
    Experiment(
        dataclasses.replace(
            HASHED, name="characters_lr", letters=5, longest=1, buckets=1 << 20, vocabulary_size=300_000
        ),
        remark="runs of two to five letters, all tweets: what a misspelt word still says",
    ),
    Experiment(
        dataclasses.replace(_DEEP, name="deep_last", pooling=None),
        remark="own vectors, a BiLSTM's last state, all tweets",
    ),
    Experiment(_DEEP, remark="deep_last with the largest and the mean of all states"),
    Experiment(
        TransformerSpec(
            name="minilm_finetuned", rows=30_000, epochs=2, batch_size=32, learning_rate=1e-4, dropout=0.1
        ),
        remark="the Transformer encoder given, fine-tuned on as few tweets as the linear rows",
    ),
    Experiment(
        dataclasses.replace(_DEEP, name="deep_word2vec", vectors="word2vec"),
        remark="deep, starting from vectors learnt from the training tweets",
    ),
    Experiment(_DEEP_EXPRESSIVE, remark="deep on text that keeps its punctuation"),
    Experiment(_DEEP_GLOVE, remark="deep_expressive, starting from the vectors given"),
    Experiment(
        _DEEP_UNREAD,
        remark="deep_glove with one word in ten unread, and so for an epoch more",
    ),
    Experiment(_DEEP_DISTILLED, remark="deep_unread, half of each label given by teachers"),
    Experiment(WIDE_DEEP, remark="deep and a wide term, fitted together"),
    Experiment(STACKED, remark="deep_unread, and beside it n-grams that are fitted to what a teacher leaves"),
)
"""Cheap ones first."""


def find_experiment(name: str) -> Experiment:
    """Find a row, the study's or another.

    :raises Usage: if there is none of that name.
    """
    known = (*study.STUDY, *BEYOND)
    for row in known:
        if row.name == name:
            return row
    raise Usage(f"row {name!r}: unknown; the rows are {', '.join(row.name for row in known)}")
