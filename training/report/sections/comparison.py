"""How good is each model, beside the study's figures and beside the deployed model?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model_registry.evaluation import evaluate
from training.report import words
from training.report.charts.kinds import Measured, intervals
from training.report.document import Figure, Note, Section, Table
from training.report.paired import accuracy_difference, auc_difference
from training.report.rows import entries
from training.report.runs import TEST
from training.report.table import comparison_table

if TYPE_CHECKING:
    from model_registry.package.metrics import Metrics
    from training.report.document import Block
    from training.report.evidence import Evidence


def comparison(evidence: Evidence) -> Section:
    """Write the table, its picture, and the paired tests."""
    blocks: tuple[Block, ...] = (
        Note(
            f"All figures are of the test's {words.count(len(evidence.test.labels))} tweets, which no model was fitted or chosen "
            "on; intervals are of 95 % (AUC by DeLong, accuracy by Wilson). The study measured on its own test, which is not to "
            "be had, and gave no intervals: its column is a landmark, not a contest. In brackets: what the study had, where that "
            "differs. A row that was not fitted here has no figure."
        ),
        Table(
            f"Each row, fitted here, beside the study's figures; deployed is {evidence.deployed.name}",
            comparison_table(evidence),
        ),
        _picture(evidence),
        *_remarks(evidence),
        Note(
            f"The same tweets were scored by each model and by the deployed one, {evidence.deployed.name}, so the two can be "
            "compared tweet by tweet. A difference above zero is in the row's favour. Accuracy: McNemar's exact test; AUC: "
            "DeLong's test of two correlated curves. The rows are as they were fitted, the deployed model is as it is shipped: "
            "fewer words, half precision."
        ),
        Table("Each row less the deployed model", _paired(evidence)),
    )
    return Section("comparison", "The study's table, rebuilt", blocks)


def _picture(evidence: Evidence) -> Figure:
    deployed = evaluate(evidence.deployed.test.labels, evidence.deployed.test.scores)
    drawn = [
        _measured(entry.name, entry.run.result.metrics[TEST] if entry.run else None, entry.study_auc)
        for entry in entries(evidence.runs)
    ]
    drawn.append(_measured("deployed", deployed, None))
    caption = "AUC on the test with its interval (dot), and the study's AUC (upright mark). A row without a dot was not run."
    return Figure("auc", caption, (intervals("AUC", drawn),))


def _measured(name: str, metrics: Metrics | None, study: float | None) -> Measured:
    return Measured(name, metrics.auc if metrics else None, metrics.auc_ci if metrics else None, study)


def _remarks(evidence: Evidence) -> list[Note]:
    told = [f"{entry.name}: {entry.remark}" for entry in entries(evidence.runs) if entry.remark]
    return [Note(f"How rows differ from the study's: {'; '.join(told)}.")] if told else []


def _paired(evidence: Evidence) -> pd.DataFrame:
    rows = []
    for entry in entries(evidence.runs):
        row = {"row": entry.name, "AUC": words.NOT_RUN, "accuracy": words.NOT_RUN}
        if entry.run:
            pair = entry.run.test, evidence.deployed.test
            row["AUC"] = words.difference(auc_difference(*pair))
            row["accuracy"] = words.difference(accuracy_difference(*pair))
        rows.append(row)
    return pd.DataFrame(rows)
