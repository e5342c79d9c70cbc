"""What is the deployed model wrong about?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from training.report import words
from training.report.document import Note, Quotes, Section, Table
from training.report.texts import KINDS, error_kinds

if TYPE_CHECKING:
    from training.report.document import Block
    from training.report.evidence import Evidence

_SHOWN: Final = 8
"""Tweets of a kind that are quoted: those about which the model was surest."""

_FALSE_POSITIVES: Final = "negative tweets called positive"
_FALSE_NEGATIVES: Final = "positive tweets called negative"


def errors(evidence: Evidence) -> Section:
    """Count the deployed model's errors by kind, and quote some."""
    frame = _wrong(evidence)
    counts = pd.crosstab(frame["kind"], frame["error"]).reindex(
        index=list(KINDS), columns=[_FALSE_POSITIVES, _FALSE_NEGATIVES], fill_value=0
    )
    totals = counts.sum().clip(lower=1)
    told = counts.apply(lambda column: [f"{n:,} ({words.percent(n / totals[column.name])})" for n in column])
    blocks: list[Block] = [
        Note(
            "The study named four kinds of error: sarcasm, mixed feelings, wrong labels, and tweets not in English. Here each "
            "error gets the first kind that a list of words and phrases finds, so the counts are indications; what is subtle is "
            "under 'none seen'. Label noise: the model is sure, and the tweet's words of mood are of the mood that it says."
        ),
        Table(
            f"Errors of {evidence.deployed.name} on the test, by kind",
            told.rename_axis("kind").reset_index().rename_axis(columns=None),
        ),
    ]
    for (error, kind), group in frame.groupby(["error", "kind"], observed=True):
        surest = group.sort_values("off", ascending=False).head(_SHOWN)
        blocks.append(
            Quotes(
                f"{kind}: {error}",
                tuple(
                    f"{score:.3f}  {text}"
                    for score, text in zip(surest["score"], surest["text"], strict=True)
                ),
            )
        )
    return Section("errors", "What it is wrong about", tuple(blocks))


def _wrong(evidence: Evidence) -> pd.DataFrame:
    scored = evidence.deployed.test
    wrong = np.flatnonzero(~scored.hits)
    raw = evidence.test.texts.take(pa.array(wrong))
    scores = scored.scores[wrong].astype(np.float64)
    labels = scored.labels[wrong]
    return pd.DataFrame(
        {
            "text": raw.to_pylist(),
            "score": scores,
            "off": np.abs(scores - labels),
            "error": np.where(labels == 0, _FALSE_POSITIVES, _FALSE_NEGATIVES),
            "kind": pd.Categorical(error_kinds(raw, scores.tolist()), list(KINDS)),
        }
    )
