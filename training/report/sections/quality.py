"""Are the probabilities calibrated, and how do the errors divide?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_registry.evaluation import CALIBRATION_BINS, compute_calibration_error, evaluate
from training.report.charts import OTHER, Line, draw_lines
from training.report.document import CaptionedChart, Paragraph, Section, Table
from training.report.formatting import format_count, format_share
from training.report.report_data import DEPLOYED
from training.report.scores import compute_calibration_bins, compute_roc_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.report.charts import Chart
    from training.report.report_data import ReportData
    from training.report.scores import LabelledScores

_FEWEST_TWEETS: Final = 30
"""Bins with fewer tweets are not drawn: their share is noise."""


def write_quality(data: ReportData) -> Section:
    """Write ROC curves, calibration curves and confusion matrices."""
    models = data.test_scores
    return Section(
        "quality",
        "ROC, calibration and confusion",
        (
            CaptionedChart("roc", "ROC curve of each model, and of the deployed model.", _draw_roc(models)),
            Paragraph(
                "The counters add up probabilities, so scores must be calibrated. The calibration error is the mean distance of "
                f"mean score and share of positive tweets over {CALIBRATION_BINS} bins of equal width, weighted by tweets; the "
                "aim is below .02. Half of the test's tweets are positive, which is not true of any stream."
            ),
            CaptionedChart(
                "calibration",
                "Share of positive tweets by score, with the calibration error. On the dashed line a model is calibrated.",
                _draw_calibration(models),
            ),
            Table(
                "At the threshold of .5, and calibration",
                [_row(name, model) for name, model in models.items()],
            ),
        ),
    )


def _draw_roc(models: Mapping[str, LabelledScores]) -> Chart:
    points = {name: list(zip(*compute_roc_points(model), strict=True)) for name, model in models.items()}
    deployed = Line(DEPLOYED, points[DEPLOYED], OTHER)
    panels = {name: [Line("model", line), deployed] for name, line in points.items() if name != DEPLOYED}
    return draw_lines(
        f"ROC curves of {len(panels)} models, each beside the deployed model's",
        panels or {DEPLOYED: [deployed]},
        "false positive rate",
        "true positive rate",
        has_diagonal=True,
    )


def _draw_calibration(models: Mapping[str, LabelledScores]) -> Chart:
    panels = {}
    for name, model in models.items():
        bins = compute_calibration_bins(model)
        drawn = bins[bins["n"] >= _FEWEST_TWEETS]
        points = list(zip(drawn["score"].tolist(), drawn["positive"].tolist(), strict=True))
        title = f"{name}\nerror {compute_calibration_error(model.labels, model.scores):.3f}"
        panels[title] = [Line("model", points, has_dots=True)] if points else []
    return draw_lines(
        f"Calibration curves of {len(panels)} models: share of positive tweets by score",
        panels,
        "score",
        "share of positive tweets",
        has_diagonal=True,
    )


def _row(name: str, model: LabelledScores) -> dict[str, str]:
    cells = evaluate(model.labels, model.scores).confusion
    return {
        "experiment": name,
        "true negatives": format_count(cells.tn),
        "false positives": format_count(cells.fp),
        "false negatives": format_count(cells.fn),
        "true positives": format_count(cells.tp),
        "true positive rate": format_share(cells.tp / (cells.tp + cells.fn)),
        "false positive rate": format_share(cells.fp / (cells.fp + cells.tn)),
        "calibration error": format_share(compute_calibration_error(model.labels, model.scores)),
    }
