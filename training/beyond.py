"""Rows beyond the study's table: each adds one lever to the row that it is compared with."""

from __future__ import annotations

import dataclasses
from typing import Final

from badbuzz.errors import Usage
from training import study
from training.study import Row
from training.variant import (
    HASHED,
    WIDE_DEEP,
    HashedVariant,
    LinearVariant,
    StackedVariant,
    TransformerVariant,
)

_NGRAMS: Final = LinearVariant(name="ngrams_lr_advanced", features="tfidf", rows=30_000, cleaning="advanced")
_DEEP: Final = dataclasses.replace(WIDE_DEEP, name="deep", buckets=None)
_DEEP_EXPRESSIVE: Final = dataclasses.replace(_DEEP, name="deep_expressive", cleaning="expressive")
_DEEP_WORD2VEC: Final = dataclasses.replace(_DEEP, name="deep_word2vec", vectors="word2vec")

STACKED: Final = StackedVariant(name="stacked", deep=_DEEP_WORD2VEC, wide=HASHED)

BEYOND: Final = (
    Row(_NGRAMS, remark="ngrams_lr on text cleaned by the advanced rules"),
    Row(
        dataclasses.replace(study.GLOVE_LSTM, name="glove_lstm_advanced", cleaning="advanced"),
        remark="glove_lstm on text cleaned by the advanced rules",
    ),
    Row(
        HashedVariant(name="hashed_words", buckets=1_025, longest=2, rows=30_000, inverse_penalty=1.0),
        remark="hashing_lr with the worker's hashes",
    ),
    Row(HASHED, remark="runs of up to three words, all tweets"),
    Row(
        LinearVariant(
            name="characters_lr", features="characters", hashes=1 << 21, longest=5, inverse_penalty=3.0
        ),
        remark="runs of two to five letters, all tweets: what a misspelt word still says",
    ),
    Row(
        dataclasses.replace(_DEEP, name="deep_last", pooling=None),
        remark="the deep part alone, its last state",
    ),
    Row(_DEEP, remark="deep_last with the largest and the mean of all states"),
    Row(
        TransformerVariant(
            name="minilm_finetuned", rows=30_000, epochs=2, batch_size=32, learning_rate=1e-4, dropout=0.1
        ),
        remark="the Transformer encoder given, fine-tuned on as few tweets as the linear rows; not deployable",
    ),
    Row(
        _DEEP_WORD2VEC,
        remark="deep, starting from vectors learnt from the training tweets",
    ),
    Row(_DEEP_EXPRESSIVE, remark="deep on text that keeps its punctuation"),
    Row(STACKED, remark="deep_word2vec and a wide term that is fitted apart"),
    Row(WIDE_DEEP, remark="deep with a weight for each run of up to three words"),
    Row(
        dataclasses.replace(WIDE_DEEP, name="wide_deep_distilled", teacher_weight=0.5),
        remark="tweet_sentiment_wide_deep, half of each label given by teachers",
    ),
)
"""Cheap ones first."""


def row_named(name: str) -> Row:
    """Find a row, the study's or another.

    :raises Usage: if there is none of that name.
    """
    known = (*study.STUDY, *BEYOND)
    for row in known:
        if row.name == name:
            return row
    raise Usage(f"row {name!r}: unknown; the rows are {', '.join(row.name for row in known)}")
