from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from tests.training.report.workspace import CURVE, find_captioned_charts, read_table
from training.azure.measurement import FormMeasurement, Measurement, write_measurements
from training.experiments.study_2021 import STUDY
from training.report.sections.comparison import write_comparison

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_an_experiment_that_was_not_run_has_the_study_s_figures_only(workspace: ReportWorkspace) -> None:
    rows = read_table(write_comparison(workspace.load()), "Each model fitted here")
    for one in STUDY:
        assert rows[one.name]["AUC (95 %)"] == rows[one.name]["accuracy (95 %)"] == "not run"
        assert one.study_figures is not None
        assert rows[one.name]["study's AUC"] == f"{one.study_figures.auc:.4f}"
        assert rows[one.name]["study's accuracy"] == f"{one.study_figures.accuracy:.4f}"
    assert rows["Azure Text Analytics, raw text"]["AUC (95 %)"] == "not run"


def test_a_finished_experiment_is_beside_the_study_s(workspace: ReportWorkspace) -> None:
    metrics = workspace.add_experiment("lstm", curve=CURVE).metrics["test"]
    section = write_comparison(workspace.load())
    rows = read_table(section, "Each model fitted here")
    low, high = metrics.auc_ci
    assert rows["lstm"]["AUC (95 %)"] == f"{metrics.auc:.4f} ({low:.4f} to {high:.4f})"
    assert rows["lstm"]["study's AUC"] == "0.8895"
    paired = read_table(section, "Each experiment minus the deployed")
    assert re.match(r"[+−]0\.\d{4} \([+−]", paired["lstm"]["AUC"])
    assert paired["rnn"]["AUC"] == "not run"


def test_an_experiment_beyond_the_study_has_no_figure_of_the_study(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", name="wide_and_deep", remark="new")
    rows = read_table(write_comparison(workspace.load()), "Each model fitted here")
    assert rows["wide_and_deep"]["study's AUC"] == "–"
    assert rows["lstm"]["AUC (95 %)"] == "not run"


def test_the_service_s_figures_are_in_the_table(workspace: ReportWorkspace) -> None:
    metrics = evaluate([0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8])
    measurement = Measurement(
        sample=4, seed=1, fingerprint="f", metrics=metrics, without_opinion={}, model_versions=("1",)
    )
    (workspace.folder / "azure").mkdir()
    write_measurements(workspace.folder / "azure", [FormMeasurement("standard", measurement)])
    rows = read_table(write_comparison(workspace.load()), "Each model fitted here")
    assert rows["Azure Text Analytics, standard text"]["accuracy (95 %)"].startswith("0.7500")
    assert rows["Azure Text Analytics, standard text"]["study's AUC"] == "0.7619"


def test_the_chart_has_all_experiments_and_the_deployed_model(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    [figure] = find_captioned_charts(write_comparison(workspace.load()))
    for name in (*(one.name for one in STUDY), "deployed"):
        assert f">{name}</text>" in figure.chart.inline()
