"""The comparison table: each row fitted here beside what the study printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from model_registry.evaluation import evaluate
from training.azure.rows import Measured
from training.report import words
from training.report.published import AZURE, AZURE_COLUMNS, NOTHING, Columns
from training.report.rows import entries
from training.report.runs import TEST

if TYPE_CHECKING:
    from model_registry.package.metrics import Metrics
    from training.azure.rows import Row as AzureRow
    from training.report.evidence import Deployed, Evidence
    from training.report.rows import Entry

_UNRECORDED: Final = "not recorded"


def comparison_table(evidence: Evidence) -> pd.DataFrame:
    """Tabulate the service, all rows, and the deployed model."""
    rows = [_azure(row) for row in evidence.azure]
    rows += [_row(entry, evidence) for entry in entries(evidence.runs)]
    rows.append(_deployed(evidence.deployed))
    return pd.DataFrame(rows)


def _row(entry: Entry, evidence: Evidence) -> dict[str, str]:
    here = entry.columns()
    if network := evidence.networks.get(entry.name):
        here = replace(here, dimensions=network.input_dimensions)
    result = entry.run.result if entry.run else None
    return {
        "row": entry.name,
        **figures(result.metrics[TEST] if result else None, entry.study_auc, entry.study_accuracy),
        **_columns(here, entry.printed),
        "CPU minutes": f"{result.cpu_seconds / 60:,.1f}" if result else words.NOT_RUN,
        "machine": (result.machine or _UNRECORDED) if result else words.NOT_RUN,
    }


def _azure(row: AzureRow) -> dict[str, str]:
    measured = row.result if isinstance(row.result, Measured) else None
    here = Columns(row.vectors, "service", tweets=measured.sample if measured else None)
    return {
        "row": row.model,
        **figures(measured.metrics if measured else None, *AZURE[row.form]),
        **_columns(here, AZURE_COLUMNS),
        "CPU minutes": words.NONE,
        "machine": "the service's",
    }


def _deployed(deployed: Deployed) -> dict[str, str]:
    manifest = deployed.manifest
    fitted = manifest.training.settings.get("train_rows")
    here = Columns(
        vectors=manifest.training.vectors,
        model=manifest.network.summary,
        dimensions=manifest.network.input_dimensions,
        tweets=fitted if isinstance(fitted, int) else None,
    )
    return {
        "row": "deployed",
        **figures(evaluate(deployed.test.labels, deployed.test.scores), None, None),
        **_columns(here, NOTHING),
        "CPU minutes": _UNRECORDED,
        "machine": _UNRECORDED,
    }


def figures(metrics: Metrics | None, auc: float | None, accuracy: float | None) -> dict[str, str]:
    """Write AUC and accuracy with their intervals, each beside the study's; without metrics: not run."""
    return {
        "AUC (95 %)": words.interval(metrics.auc, metrics.auc_ci) if metrics else words.NOT_RUN,
        "study's AUC": words.NONE if auc is None else words.share(auc),
        "accuracy (95 %)": words.interval(metrics.accuracy, metrics.accuracy_ci)
        if metrics
        else words.NOT_RUN,
        "study's accuracy": words.NONE if accuracy is None else words.share(accuracy),
    }


def _columns(here: Columns, study: Columns) -> dict[str, str]:
    return {
        "vectors": _beside(here.vectors, study.vectors),
        "model": _beside(here.model, study.model),
        "dimensions": _beside(here.dimensions, study.dimensions),
        "tweets": _beside(here.tweets, study.tweets),
        "trainable parameters": _beside(here.parameters, study.parameters),
    }


def _beside(here: str | int | None, study: str | int | None) -> str:
    told = words.NONE if here is None else _tell(here)
    return told if study is None or here == study else f"{told} ({_tell(study)})"


def _tell(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"
