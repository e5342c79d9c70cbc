"""What does more thorough cleaning of the text change?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.compute as pc

from badbuzz.cleaning import ADVANCED, STANDARD, clean
from training.report.document import Paragraph, Section, Table
from training.report.formatting import format_count, format_share
from training.report.sections.comparison import compare_azure

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pyarrow as pa

    from training.report.finished_experiments import FinishedExperiment
    from training.report.report_data import ReportData

_IGNORED_SETTINGS: Final = frozenset({"name", "cleaning"})


def write_cleaning(data: ReportData) -> Section:
    """Compare the cleaning rules: the texts, Azure's figures, and experiments that differ in nothing else."""
    azure = [{"text": form.form, **compare_azure(form)} for form in data.azure]
    pairs = _find_pairs(data.finished)
    return Section(
        "cleaning",
        "Cleaning rules compared",
        (
            Table("The test's texts after cleaning", _describe_texts(data.test.texts)),
            Table("Azure Text Analytics on each form of the text", azure),
            Table("Experiments that differ in their cleaning only", pairs)
            if pairs
            else Paragraph("Experiments that differ in their cleaning only: not run."),
        ),
    )


def _describe_texts(raw: pa.ChunkedArray) -> list[dict[str, str]]:
    forms = {"raw": raw, "standard": clean(raw, STANDARD), "advanced": clean(raw, ADVANCED)}
    return [_count_words(name, texts) for name, texts in forms.items()]


def _count_words(name: str, texts: pa.ChunkedArray) -> dict[str, str]:
    split = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.fill_null(texts, "")))
    tokens = pc.list_flatten(split)
    words = tokens.filter(pc.not_equal(tokens, ""))
    return {
        "text": name,
        "words per tweet": f"{len(words) / len(texts):.1f}",
        "different words": format_count(pc.count_distinct(words).as_py()),
        "empty tweets": format_count(pc.sum(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py() or 0),
    }


def _find_pairs(finished: Mapping[str, FinishedExperiment]) -> list[dict[Hashable, str]]:
    """Return pairs of experiments whose settings differ in ``cleaning`` only, each pair together."""
    frame = pd.DataFrame(
        {
            "other settings": [_other_settings(one.result.settings) for one in finished.values()],
            "experiment": list(finished),
            "cleaning": [str(one.result.settings.get("cleaning")) for one in finished.values()],
            "AUC": [format_share(one.test_metrics.auc) for one in finished.values()],
            "accuracy": [format_share(one.test_metrics.accuracy) for one in finished.values()],
        }
    )
    pairs = frame[frame.groupby("other settings")["cleaning"].transform("nunique") > 1]
    return pairs.sort_values(["other settings", "cleaning"]).drop(columns="other settings").to_dict("records")


def _other_settings(settings: Mapping[str, Any]) -> str:
    return str(sorted((name, value) for name, value in settings.items() if name not in _IGNORED_SETTINGS))
