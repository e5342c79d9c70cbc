"""How does it do on slang, negation and emoji?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from model_registry.evaluation import evaluate
from training.report import words
from training.report.document import Note, Section, Table
from training.report.texts import STYLES, styles

if TYPE_CHECKING:
    from training.report.evidence import Evidence
    from training.report.scored import Scored

_CLASSES: Final = 2


def writing(evidence: Evidence) -> Section:
    """Measure on the test's tweets by how they are written."""
    found = styles(evidence.test.texts)
    deployed = evidence.deployed.test
    own = pd.DataFrame([_slice(style, deployed.take(found[style].to_numpy())) for style in STYLES])
    models = {name: run.test for name, run in evidence.runs.items()} | {"deployed": deployed}
    every = pd.DataFrame(
        [
            {"row": name, **{style: _accuracy(scored.take(found[style].to_numpy())) for style in STYLES}}
            for name, scored in models.items()
        ]
    )
    return Section(
        "writing",
        "Slang, negation, emoji",
        (
            Note(
                "A tweet may be in several of these. Words and signs are looked up in short lists. The emoticons that gave "
                "the data its labels were taken out of it, so few are left, and they are odd ones."
            ),
            Table(f"{evidence.deployed.name} by how tweets are written", own),
            Table("Accuracy of each model", every),
        ),
    )


def _slice(style: str, scored: Scored) -> dict[str, str]:
    row = {"tweets with": style, "tweets": words.count(len(scored.labels))}
    if len(np.unique(scored.labels)) < _CLASSES:
        return row | {"positive": words.NONE, "AUC (95 %)": words.NONE, "accuracy (95 %)": words.NONE}
    metrics = evaluate(scored.labels, scored.scores)
    return row | {
        "positive": words.percent(float(scored.labels.mean())),
        "AUC (95 %)": words.interval(metrics.auc, metrics.auc_ci),
        "accuracy (95 %)": words.interval(metrics.accuracy, metrics.accuracy_ci),
    }


def _accuracy(scored: Scored) -> str:
    return words.share(float(scored.hits.mean())) if len(scored.labels) else words.NONE
