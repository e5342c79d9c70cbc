"""Which tweets does the deployed model score wrongly?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from training.report.document import Paragraph, Quotes, Section, Table
from training.report.text_patterns import ERROR_KINDS, classify_errors

if TYPE_CHECKING:
    from training.report.document import Block
    from training.report.report_data import ReportData

_QUOTED: Final = 8
"""Quoted tweets of each kind: those with the most confident scores."""

_FALSE_POSITIVES: Final = "negative tweets scored positive"
_FALSE_NEGATIVES: Final = "positive tweets scored negative"


def write_errors(data: ReportData) -> Section:
    """Count the deployed model's errors by kind, and quote some."""
    frame = _find_errors(data)
    counts = pd.crosstab(frame["kind"], frame["error"]).reindex(
        index=list(ERROR_KINDS), columns=[_FALSE_POSITIVES, _FALSE_NEGATIVES], fill_value=0
    )
    totals = counts.sum().clip(lower=1)
    cells = counts.apply(lambda column: [f"{n:,} ({n / totals[column.name]:.1%})" for n in column])
    blocks: list[Block] = [
        Paragraph(
            "The study named four kinds of errors: sarcasm, mixed feelings, wrong labels, and tweets in other languages. Here "
            "lists of words and phrases find the kind, and the first match counts, so the counts are rough: subtle cases are "
            "under 'no kind found'. Label noise means that the model is sure and that the tweet's emotional words agree with it."
        ),
        Table(
            f"Errors of {data.deployed.name} on the test, by kind",
            cells.rename_axis("kind").reset_index().to_dict("records"),
        ),
    ]
    for (error, kind), group in frame.groupby(["error", "kind"], observed=True):
        surest = group.sort_values("distance", ascending=False).head(_QUOTED)
        texts = (f"{score:.3f}  {text}" for score, text in zip(surest["score"], surest["text"], strict=True))
        blocks.append(Quotes(f"{kind}: {error}", tuple(texts)))
    return Section("errors", "Errors of the deployed model", tuple(blocks))


def _find_errors(data: ReportData) -> pd.DataFrame:
    """Return a row for each tweet that was scored wrongly: text, score, distance from the label, error and kind."""
    wrong = np.flatnonzero(~data.deployed.test_scores.hits)
    raw = data.test.texts.take(pa.array(wrong))
    scores = data.deployed.test_scores.scores[wrong].astype(np.float64)
    labels = data.deployed.test_scores.labels[wrong]
    return pd.DataFrame(
        {
            "text": raw.to_pylist(),
            "score": scores,
            "distance": np.abs(scores - labels),
            "error": np.where(labels == 0, _FALSE_POSITIVES, _FALSE_NEGATIVES),
            "kind": pd.Categorical(classify_errors(raw, scores.tolist()), list(ERROR_KINDS)),
        }
    )
