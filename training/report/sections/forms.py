"""What does cleaning the text by more rules bring?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.compute as pc

from badbuzz.cleaning import ADVANCED, STANDARD, clean
from training.azure.rows import Measured
from training.report import words
from training.report.document import Note, Section, Table
from training.report.published import AZURE
from training.report.table import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from training.report.evidence import Evidence
    from training.report.runs import Run

_APART: Final = frozenset({"name", "cleaning"})


def forms(evidence: Evidence) -> Section:
    """Compare standard with advanced cleaning: the texts, the service, and rows that differ in nothing else."""
    twins = _twins(evidence.runs)
    absent = Note(
        "No two finished rows differ in nothing but their cleaning, so there is no figure for it: not run."
    )
    return Section(
        "cleaning",
        "Standard against advanced cleaning",
        (
            Table("What cleaning leaves of the test's texts", _texts(evidence.test.texts)),
            Table("The bought service on each form of the text", _service(evidence)),
            Table("Rows that differ in nothing else", twins) if len(twins) else absent,
        ),
    )


def _texts(raw: pa.ChunkedArray) -> pd.DataFrame:
    cleaned = {"raw": raw, "standard": clean(raw, STANDARD), "advanced": clean(raw, ADVANCED)}
    return pd.DataFrame([_form(name, texts) for name, texts in cleaned.items()])


def _form(name: str, texts: pa.ChunkedArray) -> dict[str, str]:
    split = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.fill_null(texts, "")))
    tokens = pc.list_flatten(split)
    filled = tokens.filter(pc.not_equal(tokens, ""))
    return {
        "text": name,
        "words a tweet": f"{len(filled) / len(texts):.1f}",
        "different words": words.count(pc.count_distinct(filled).as_py()),
        "nothing left of": words.count(pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py() or 0),
    }


def _service(evidence: Evidence) -> pd.DataFrame:
    rows = []
    for row in evidence.azure:
        metrics = row.result.metrics if isinstance(row.result, Measured) else None
        rows.append({"text": row.form, **figures(metrics, *AZURE[row.form])})
    return pd.DataFrame(rows)


def _twins(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Rows that have a twin of another cleaning, twins together."""
    frame = pd.DataFrame(
        {
            "but for cleaning": [_but_for_cleaning(run.result.settings) for run in runs.values()],
            "row": list(runs),
            "cleaning": [str(run.result.settings.get("cleaning")) for run in runs.values()],
            "AUC": [words.share(run.result.metrics["test"].auc) for run in runs.values()],
            "accuracy": [words.share(run.result.metrics["test"].accuracy) for run in runs.values()],
        }
    )
    twins = frame[frame.groupby("but for cleaning")["cleaning"].transform("nunique") > 1]
    return twins.sort_values(["but for cleaning", "cleaning"]).drop(columns="but for cleaning")


def _but_for_cleaning(settings: Mapping[str, Any]) -> str:
    return str(sorted((name, value) for name, value in settings.items() if name not in _APART))
