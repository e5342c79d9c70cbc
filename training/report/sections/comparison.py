"""How good is each model, beside the study's figures and beside the deployed model?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from model_registry.evaluation import evaluate
from training.azure.rows import Measured as AzureMeasured
from training.report import words
from training.report.charts.kinds import Measured, intervals
from training.report.document import Figure, Note, Section, Table
from training.report.paired import accuracy_difference, auc_difference
from training.report.published import AZURE, AZURE_TWEETS
from training.report.rows import entries

if TYPE_CHECKING:
    from model_registry.metrics import Metrics
    from training.azure.rows import Row as AzureRow
    from training.report.evidence import Deployed, Evidence
    from training.report.rows import Entry


def comparison(evidence: Evidence) -> Section:
    """Write the table, its picture, and the paired tests."""
    rows = [_azure(row) for row in evidence.azure]
    rows += [_row(entry) for entry in entries(evidence.runs)]
    rows.append(_deployed(evidence.deployed))
    blocks = (
        Note(
            f"All figures are of the test's {words.count(len(evidence.test.labels))} tweets, which no model was fitted or chosen "
            "on; intervals are of 95 % (AUC by DeLong, accuracy by Wilson). The study measured on its own test, which is not to "
            "be had, and gave no intervals: its column is a landmark, not a contest. In brackets: what the study had, where that "
            "differs. A row that was not fitted here has no figure."
        ),
        Table("Each row, fitted here, beside the study's figures", pd.DataFrame(rows)),
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


def _row(entry: Entry) -> dict[str, str]:
    run, printed = entry.run, entry.printed
    result = run.result if run else None
    dimensions = printed.dimensions if printed else None
    return {
        "row": entry.name,
        "vectors": _beside(result and result.vectors, printed and printed.vectors),
        "model": entry.model,
        "dimensions": _beside_count(entry.dimensions, dimensions),
        "tweets": _beside_count(result and result.rows, printed and printed.tweets),
        "trainable parameters": _beside_count(result and result.parameters, printed and printed.parameters),
        "CPU minutes": f"{result.cpu_seconds / 60:,.1f}" if result else words.NOT_RUN,
        **_figures(result.metrics["test"] if result else None, entry.study_auc, entry.study_accuracy),
    }


def _azure(row: AzureRow) -> dict[str, str]:
    auc, accuracy = AZURE[row.form]
    measured = row.result if isinstance(row.result, AzureMeasured) else None
    return {
        "row": row.model,
        "vectors": row.vectors,
        "model": "service",
        "dimensions": words.NONE,
        "tweets": _beside_count(measured and measured.sample, AZURE_TWEETS),
        "trainable parameters": words.NONE,
        "CPU minutes": words.NONE,
        **_figures(measured and measured.metrics, auc, accuracy),
    }


def _deployed(deployed: Deployed) -> dict[str, str]:
    manifest = deployed.manifest
    fitted = manifest.training.settings.get("train_rows")
    return {
        "row": f"deployed: {deployed.name}",
        "vectors": manifest.training.vectors,
        "model": manifest.kind.upper(),
        "dimensions": words.count(manifest.network.embedding_dimensions),
        "tweets": words.count(fitted) if isinstance(fitted, int) else words.NONE,
        "trainable parameters": words.NONE,
        "CPU minutes": words.NONE,
        **_figures(evaluate(deployed.test.labels, deployed.test.scores), None, None),
    }


def _figures(metrics: Metrics | None, auc: float | None, accuracy: float | None) -> dict[str, str]:
    return {
        "AUC (95 %)": words.interval(metrics.auc, metrics.auc_ci) if metrics else words.NOT_RUN,
        "study's AUC": words.NONE if auc is None else words.share(auc),
        "accuracy (95 %)": words.interval(metrics.accuracy, metrics.accuracy_ci)
        if metrics
        else words.NOT_RUN,
        "study's accuracy": words.NONE if accuracy is None else words.share(accuracy),
    }


def _beside(here: str | None, study: str | None) -> str:
    if here is None:
        return f"({study})" if study else words.NONE
    return f"{here} ({study})" if study and not study.startswith(here) else here


def _beside_count(here: int | None, study: int | None) -> str:
    if here is None:
        return f"({study:,})" if study else words.NONE
    return f"{here:,} ({study:,})" if study and study != here else f"{here:,}"


def _picture(evidence: Evidence) -> Figure:
    drawn = [
        Measured(
            entry.name,
            entry.run.result.metrics["test"].auc if entry.run else None,
            entry.run.result.metrics["test"].auc_ci if entry.run else None,
            entry.study_auc,
        )
        for entry in entries(evidence.runs)
    ]
    deployed = evaluate(evidence.deployed.test.labels, evidence.deployed.test.scores)
    drawn.append(Measured("deployed", deployed.auc, deployed.auc_ci, None))
    caption = "AUC on the test with its interval (dot), and the study's AUC (upright mark); a row without a dot was not run."
    return Figure("auc", caption, (intervals("AUC", drawn),))


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
