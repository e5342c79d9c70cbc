"""How good is each model, compared with the study's figures and with the deployed model?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.report.charts import Interval, draw_intervals
from training.report.compared_experiments import AZURE_FIGURES, list_experiments
from training.report.document import CaptionedChart, Paragraph, Section, Table
from training.report.formatting import (
    ACCURACY,
    AUC,
    NOT_RUN,
    format_count,
    format_difference,
    format_metrics,
    format_share,
)
from training.report.report_data import DEPLOYED
from training.report.scores import compute_accuracy_difference, compute_auc_difference

if TYPE_CHECKING:
    from model_registry.package.metrics import Metrics
    from training.azure.measurement import FormMeasurement
    from training.experiments.experiment import StudyFigures
    from training.report.report_data import ReportData


def write_comparison(data: ReportData) -> Section:
    """Write the study's table beside the figures found here, a chart of it, and the paired tests."""
    tweets = format_count(len(data.test.labels))
    return Section(
        "comparison",
        "Results",
        (
            Paragraph(
                f"All figures are for the test's {tweets} tweets, which no model was fitted or chosen on. Intervals are 95 % "
                "intervals: DeLong's for AUC, Wilson's for accuracy. The study used its own test, which is not available, and "
                "gave no intervals, so its figures are a point of reference only. An experiment that was not run has no figure."
            ),
            Table(
                f"Each model fitted here, and the study's figures; {DEPLOYED} is {data.deployed.name}",
                _tabulate(data),
            ),
            _draw(data),
            Paragraph(
                f"Each model and the deployed model, {data.deployed.name}, scored the same tweets, so they can be compared tweet "
                "by tweet. A positive difference is in the experiment's favour. The tests are McNemar's exact test for accuracy "
                "and DeLong's test of two correlated curves for AUC. Experiments are measured as fitted, the deployed model as "
                "shipped, with fewer words and in half precision."
            ),
            Table("Each experiment minus the deployed model", _tabulate_differences(data)),
        ),
    )


def compare_figures(metrics: Metrics | None, study_figures: StudyFigures | None) -> dict[str, str]:
    """Return the cells for AUC and accuracy, each followed by the study's figure."""
    cells = format_metrics(metrics)
    return {
        AUC: cells[AUC],
        "study's AUC": format_share(study_figures.auc if study_figures else None),
        ACCURACY: cells[ACCURACY],
        "study's accuracy": format_share(study_figures.accuracy if study_figures else None),
    }


def compare_azure(form: FormMeasurement) -> dict[str, str]:
    """Return the cells for Azure's figures for one form of the text, each followed by the study's."""
    metrics = form.measurement.metrics if form.measurement else None
    return compare_figures(metrics, AZURE_FIGURES[form.form])


def _tabulate(data: ReportData) -> list[dict[str, str]]:
    rows = [{"experiment": form.name, **compare_azure(form)} for form in data.azure]
    for one in list_experiments(data.finished):
        metrics = one.finished.test_metrics if one.finished else None
        rows.append({"experiment": one.name, **compare_figures(metrics, one.study_figures)})
    rows.append({"experiment": DEPLOYED, **compare_figures(data.deployed.test_metrics, None)})
    return rows


def _draw(data: ReportData) -> CaptionedChart:
    deployed = data.deployed.test_metrics
    intervals = []
    for one in list_experiments(data.finished):
        metrics = one.finished.test_metrics if one.finished else None
        auc, ci = (metrics.auc, metrics.auc_ci) if metrics else (None, None)
        intervals.append(Interval(one.name, auc, ci, one.study_figures.auc if one.study_figures else None))
    intervals.append(Interval(DEPLOYED, deployed.auc, deployed.auc_ci, None))
    chart = draw_intervals(
        "AUC of each model with its interval, and the study's AUC, as in the table", intervals
    )
    return CaptionedChart(
        "auc", "AUC on the test, best first. A line without a dot is an experiment that was not run.", chart
    )


def _tabulate_differences(data: ReportData) -> list[dict[str, str]]:
    rows = []
    for one in list_experiments(data.finished):
        row = {"experiment": one.name, "AUC": NOT_RUN, "accuracy": NOT_RUN}
        if one.finished:
            pair = one.finished.test_scores, data.deployed.test_scores
            row["AUC"] = format_difference(compute_auc_difference(*pair))
            row["accuracy"] = format_difference(compute_accuracy_difference(*pair))
        rows.append(row)
    return rows
