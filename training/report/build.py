"""Build the report from its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.report.compared_experiments import list_experiments
from training.report.document import Report
from training.report.formatting import format_count, format_difference, format_interval, format_share
from training.report.scores import compute_auc_difference
from training.report.sections.cleaning import write_cleaning
from training.report.sections.comparison import write_comparison
from training.report.sections.cost import write_cost
from training.report.sections.data import write_data
from training.report.sections.errors import write_errors
from training.report.sections.human_labels import write_human_labels
from training.report.sections.learning_curves import write_learning_curves
from training.report.sections.models import write_models
from training.report.sections.provenance import write_provenance
from training.report.sections.quality import write_quality
from training.report.sections.writing_styles import write_writing_styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_registry.package.metrics import Metrics
    from training.report.compared_experiments import ComparedExperiment
    from training.report.finished_experiments import FinishedExperiment
    from training.report.report_data import DeployedModel, ReportData

_SECTIONS = (
    write_comparison,
    write_models,
    write_learning_curves,
    write_quality,
    write_cleaning,
    write_data,
    write_errors,
    write_human_labels,
    write_writing_styles,
    write_cost,
    write_provenance,
)


def build_report(data: ReportData) -> Report:
    """Write the summary and all sections.

    :raises DataRefused: if a file of tweets has the wrong format.
    """
    return Report(
        title="Sentiment models compared",
        summary=tuple(_summarise(data)),
        sections=tuple(write(data) for write in _SECTIONS),
    )


def _summarise(data: ReportData) -> list[str]:
    experiments = list_experiments(data.finished)
    ranked = sorted(data.finished.values(), key=lambda one: one.test_metrics.auc, reverse=True)
    summary = [_present_best(ranked), _compare_with_deployed(ranked, data.deployed)]
    if ranked:
        summary.append(_compare_with_study(experiments, ranked, data.deployed))
    not_run = [one.name for one in experiments if one.finished is None]
    if not_run:
        done = len(experiments) - len(not_run)
        summary.append(
            f"{done} of {len(experiments)} experiments are finished; not run: {', '.join(not_run)}."
        )
    return summary


def _present_best(ranked: Sequence[FinishedExperiment]) -> str:
    if not ranked:
        return "No experiment is finished."
    best = ranked[0]
    text = (
        f"The best model is {best.result.name}: {_describe(best.test_metrics)} on {format_count(best.test_metrics.n)} test "
        "tweets that no model was fitted on."
    )
    return f"{text} The second best is {_name_with_auc(ranked[1])}." if len(ranked) > 1 else text


def _compare_with_deployed(ranked: Sequence[FinishedExperiment], deployed: DeployedModel) -> str:
    shipped = deployed.test_metrics
    if not ranked:
        return f"The deployed model is {deployed.name}: {_describe(shipped)} on {format_count(shipped.n)} test tweets."
    best = ranked[0]
    if best.result.version == deployed.name:
        return f"It is also the deployed model, {deployed.name}. As shipped, its AUC is {format_share(shipped.auc)}."
    difference = format_difference(compute_auc_difference(best.test_scores, deployed.test_scores))
    return (
        f"The deployed model is {deployed.name}: {_describe(shipped)}. The best model's AUC minus the deployed model's is "
        f"{difference}."
    )


def _compare_with_study(
    experiments: Sequence[ComparedExperiment], ranked: Sequence[FinishedExperiment], deployed: DeployedModel
) -> str:
    study_auc, study_name = max((one.study_figures.auc, one.name) for one in experiments if one.study_figures)
    lead = ranked[0].test_metrics.auc - study_auc
    text = (
        f"The study's best model was {study_name}, with an AUC of {format_share(study_auc)} on the study's own test, "
        f"{abs(lead):.3f} {'lower' if lead > 0 else 'higher'} than the best model here."
    )
    rebuilt = [one for one in ranked if one.result.study]
    if rebuilt:
        difference = format_difference(compute_auc_difference(rebuilt[0].test_scores, deployed.test_scores))
        text += (
            f" The best of the study's models as fitted here is {_name_with_auc(rebuilt[0])}; its AUC minus the deployed "
            f"model's is {difference}."
        )
    return text


def _describe(metrics: Metrics) -> str:
    auc, accuracy = (metrics.auc, metrics.auc_ci), (metrics.accuracy, metrics.accuracy_ci)
    return f"AUC {format_interval(*auc)} and accuracy {format_interval(*accuracy)}"


def _name_with_auc(finished: FinishedExperiment) -> str:
    return f"{finished.result.name}, with an AUC of {format_share(finished.test_metrics.auc)}"
