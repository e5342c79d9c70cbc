"""What is each model made of, and how does it differ from the study's?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from training.report.compared_experiments import AZURE_FACTS, NO_FACTS, ModelFacts, list_experiments
from training.report.document import Paragraph, Section, Table
from training.report.formatting import NONE, NOT_RUN
from training.report.report_data import DEPLOYED

if TYPE_CHECKING:
    from training.azure.measurement import FormMeasurement
    from training.report.compared_experiments import ComparedExperiment
    from training.report.report_data import DeployedModel, ReportData

_NOT_RECORDED = "not recorded"


def write_models(data: ReportData) -> Section:
    """Write a table of models, vectors, sizes and cost of fitting, and a table of remarks."""
    experiments = list_experiments(data.finished)
    rows = [_azure_row(form) for form in data.azure]
    rows += [_experiment_row(one, data) for one in experiments]
    rows.append(_deployed_row(data.deployed))
    remarks = [{"experiment": one.name, "remark": one.remark} for one in experiments if one.remark]
    return Section(
        "models",
        "What the models are made of",
        (
            Paragraph(
                "In brackets: the study's entry where it differs. Tweets are those that a model was fitted on."
            ),
            Table("Models, vectors and sizes", rows),
            Table("Differences from the study and from other experiments", remarks),
        ),
    )


def _experiment_row(one: ComparedExperiment, data: ReportData) -> dict[str, str]:
    facts = one.facts()
    if network := data.networks.get(one.name):
        facts = replace(facts, dimensions=network.input_dimensions)
    minutes = f"{one.finished.result.cpu_seconds / 60:,.1f}" if one.finished else NOT_RUN
    return _row(one.name, facts, one.study_facts, minutes)


def _azure_row(form: FormMeasurement) -> dict[str, str]:
    sample = form.measurement.sample if form.measurement else None
    return _row(form.name, ModelFacts(model="service", tweets=sample), AZURE_FACTS, NONE)


def _deployed_row(deployed: DeployedModel) -> dict[str, str]:
    manifest = deployed.manifest
    tweets = manifest.training.settings.get("train_rows")
    facts = ModelFacts(
        vectors=manifest.training.vectors,
        model=manifest.network.summary,
        dimensions=manifest.network.input_dimensions,
        tweets=tweets if isinstance(tweets, int) else None,
    )
    return _row(DEPLOYED, facts, NO_FACTS, _NOT_RECORDED)


def _row(name: str, here: ModelFacts, study: ModelFacts, minutes: str) -> dict[str, str]:
    return {
        "experiment": name,
        "model": _compare(here.model, study.model),
        "vectors": _compare(here.vectors, study.vectors),
        "dimensions": _compare(here.dimensions, study.dimensions),
        "tweets": _compare(here.tweets, study.tweets),
        "trainable parameters": _compare(here.parameters, study.parameters),
        "CPU minutes": minutes,
    }


def _compare(here: str | int | None, study: str | int | None) -> str:
    text = NONE if here is None else _format(here)
    return text if study is None or here == study else f"{text} ({_format(study)})"


def _format(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"
