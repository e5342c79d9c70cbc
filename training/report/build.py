"""From evidence to the whole report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from training.report import words
from training.report.document import Report
from training.report.paired import auc_difference
from training.report.rows import entries
from training.report.sections.comparison import comparison
from training.report.sections.cost import costs
from training.report.sections.data import data
from training.report.sections.errors import errors
from training.report.sections.fitting import fitting
from training.report.sections.forms import forms
from training.report.sections.people import people
from training.report.sections.provenance import provenance
from training.report.sections.quality import quality
from training.report.sections.writing import writing

if TYPE_CHECKING:
    from training.report.evidence import Evidence

_SECTIONS = (comparison, fitting, quality, forms, data, errors, people, writing, costs, provenance)


def build(evidence: Evidence) -> Report:
    """Write all sections.

    :raises DataRefused: if a file of tweets is not what it should be.
    """
    return Report(
        title="Models that tell the mood of a tweet",
        lead=tuple(_lead(evidence)),
        sections=tuple(section(evidence) for section in _SECTIONS),
    )


def _lead(evidence: Evidence) -> list[str]:
    every = entries(evidence.runs)
    deployed = evaluate(evidence.deployed.test.labels, evidence.deployed.test.scores)
    auc, accuracy = (deployed.auc, deployed.auc_ci), (deployed.accuracy, deployed.accuracy_ci)
    found = f"AUC {words.interval(*auc)}, accuracy {words.interval(*accuracy)}"
    told = [
        f"The deployed model, {evidence.deployed.name}: {found} on {words.count(deployed.n)} tweets that it was not fitted on."
    ]
    if evidence.runs:
        name, best = max(evidence.runs.items(), key=lambda item: item[1].result.metrics["test"].auc)
        apart = words.difference(auc_difference(best.test, evidence.deployed.test))
        told.append(
            f"The best row by AUC is {name}, {words.share(best.result.metrics['test'].auc)}: {apart} from the deployed one."
        )
    absent = [entry.name for entry in every if entry.run is None]
    if absent:
        told.append(
            f"{len(every) - len(absent)} of {len(every)} rows are finished; not run: {', '.join(absent)}."
        )
    return told
