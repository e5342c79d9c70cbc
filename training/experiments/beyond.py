"""Experiments beyond the study's table, and the models that are shipped."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from badbuzz.errors import Usage
from training.experiments import study_2021 as study
from training.experiments.experiment import Experiment
from training.specs import NgramSpec, RecurrentSpec, StackedSpec, TransformerSpec, WideDeepSpec

LSTM_GLOVE: Final = RecurrentSpec(
    name="tweet_sentiment_glove_lstm",
    vectors="glove",
    spatial_dropout=0.3,
    dropout=0.3,
    epochs=3,
    batch_size=512,
)
"""The study's deployed model, as it is shipped. It is fitted on each of 1.5M tweets three times; the study used 400,000 tweets
five times. There is less to memorise, so it needs less dropout. Larger batches are faster."""

WIDE_DEEP: Final = WideDeepSpec(
    name="tweet_sentiment_wide_deep",
    vectors="own",
    cell="bilstm",
    own_dimensions=128,
    spatial_dropout=0.3,
    dropout=0.3,
    epochs=3,
    batch_size=512,
)
"""Its BiLSTM of 96 units scores at two thirds of the shipped LSTM's speed. In half precision, its 35,000 words × 128 and
two million weights of n-grams are 13 MB."""

HASHED: Final = NgramSpec(name="tweet_sentiment_hashed")

_DEEP: Final = replace(WIDE_DEEP, name="deep", buckets=None)
_DEEP_EXPRESSIVE: Final = replace(_DEEP, name="deep_expressive", cleaning="expressive")
_DEEP_GLOVE: Final = replace(_DEEP_EXPRESSIVE, name="deep_glove", vectors="glove")
_DEEP_UNREAD: Final = replace(
    _DEEP_GLOVE, name="deep_unread", word_dropout=0.1, epochs=4, shipped_size=45_000
)

STACKED: Final = StackedSpec(name="tweet_sentiment_stacked", cleaning="expressive", deep=_DEEP_UNREAD)
"""The best of the fast models: see docs/training.md."""

BEYOND: Final = (
    Experiment(
        replace(study.NGRAMS_LR, name="ngrams_lr_advanced", cleaning="advanced"),
        remark="ngrams_lr on text cleaned by the advanced rules",
    ),
    Experiment(
        replace(study.GLOVE_LSTM, name="glove_lstm_advanced", cleaning="advanced"),
        remark="glove_lstm on text cleaned by the advanced rules",
    ),
    Experiment(
        replace(
            study.WORD2VEC_LSTM,
            name="word2vec_lstm_all",
            rows=None,
            decay=True,
            epochs=4,
            batch_size=512,
            spatial_dropout=0.1,
            dropout=0.2,
        ),
        remark="word2vec_lstm on all tweets, which 227,969 parameters cannot memorise",
    ),
    Experiment(HASHED, remark="n-grams of up to three words, all tweets"),
    Experiment(
        replace(HASHED, name="hashed_expressive", cleaning="expressive"),
        remark="tweet_sentiment_hashed on text that keeps its punctuation",
    ),
    Experiment(
        replace(HASHED, name="characters_lr", letters=5, longest=1, buckets=1 << 20, vocabulary_size=300_000),
        remark="runs of two to five letters, all tweets; robust to misspelling",
    ),
    Experiment(
        replace(_DEEP, name="deep_last", pooling=None),
        remark="own vectors, last state of a BiLSTM, all tweets",
    ),
    Experiment(_DEEP, remark="deep_last with maximum and mean of all states"),
    Experiment(
        TransformerSpec(
            name="minilm_finetuned", rows=30_000, epochs=2, batch_size=32, learning_rate=1e-4, dropout=0.1
        ),
        remark="encoder of --transformer, fine-tuned on as many tweets as the study's linear models",
    ),
    Experiment(LSTM_GLOVE, remark="glove_lstm on all tweets, its vectors fine-tuned"),
    Experiment(
        replace(_DEEP, name="deep_word2vec", vectors="word2vec"),
        remark="deep, starting from vectors learnt from the training tweets",
    ),
    Experiment(_DEEP_EXPRESSIVE, remark="deep on text that keeps its punctuation"),
    Experiment(_DEEP_GLOVE, remark="deep_expressive, starting from the vectors of --glove"),
    Experiment(
        _DEEP_UNREAD,
        remark="deep_glove with word dropout 0.1 and one more epoch",
    ),
    Experiment(
        replace(_DEEP_UNREAD, name="deep_distilled", teacher_weight=0.5),
        remark="deep_unread, half of each label from teachers",
    ),
    Experiment(WIDE_DEEP, remark="deep and an n-gram term, fitted together"),
    Experiment(STACKED, remark="deep_unread and an n-gram term, fitted to the teacher's residual"),
)
"""From cheap to expensive. Each adds one change to the experiment it is compared with."""


def find_experiment(name: str) -> Experiment:
    """Return the experiment of this name, the study's or another.

    :raises Usage: if there is no such experiment.
    """
    known = (*study.STUDY, *BEYOND)
    for experiment in known:
        if experiment.name == name:
            return experiment
    raise Usage(f"experiment {name!r}: unknown; the experiments are {', '.join(each.name for each in known)}")
