"""How do the models do on slang, negation and emoji?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate, has_both_classes
from training.report.document import Paragraph, Section, Table
from training.report.formatting import NONE, format_count, format_metrics, format_share
from training.report.text_patterns import STYLES, find_styles

if TYPE_CHECKING:
    from training.report.report_data import ReportData
    from training.report.scores import LabelledScores


def write_writing_styles(data: ReportData) -> Section:
    """Measure on the test's tweets by the way they are written."""
    found = find_styles(data.test.texts)
    chosen = {style: found[style].to_numpy() for style in STYLES}
    deployed = data.deployed.test_scores
    details = [_row(style, deployed.select(tweets)) for style, tweets in chosen.items()]
    accuracies = [
        {"experiment": name, **{style: _accuracy(model.select(tweets)) for style, tweets in chosen.items()}}
        for name, model in data.test_scores.items()
    ]
    return Section(
        "styles",
        "Slang, negation, emoji",
        (
            Paragraph(
                "A tweet may have several of these styles. They are found with short lists of words and signs. The emoticons "
                "that gave the tweets their labels were removed from the data, so few are left, and they are unusual ones."
            ),
            Table(f"{data.deployed.name} by style of the tweets", details),
            Table("Accuracy of each model", accuracies),
        ),
    )


def _row(style: str, model: LabelledScores) -> dict[str, str]:
    metrics = evaluate(model.labels, model.scores) if has_both_classes(model.labels) else None
    return {
        "tweets with": style,
        "tweets": format_count(len(model.labels)),
        "positive": f"{model.labels.mean():.1%}" if metrics else NONE,
        **format_metrics(metrics, missing=NONE),
    }


def _accuracy(model: LabelledScores) -> str:
    return format_share(float(model.hits.mean()) if len(model.labels) else None)
