"""The summary says which model is best, and by how much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.training.report.workspace import MODEL
from training.experiments.study_2021 import STUDY

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace

DIFFERENCE = r"[+−]0\.\d{4} \([+−]0\.\d{4} to [+−]0\.\d{4}\), p [=<] 0\.\d+"


def test_without_experiments_the_summary_has_the_deployed_model_only(workspace: ReportWorkspace) -> None:
    best, deployed, not_run = workspace.report().summary
    assert best == "No experiment is finished."
    assert deployed.startswith(f"The deployed model is {MODEL}: AUC 0.")
    assert not_run.startswith("0 of 11 experiments are finished; not run: hashing_lr, ")


def test_the_best_model_is_compared_with_the_deployed_one_and_with_the_study(
    workspace: ReportWorkspace,
) -> None:
    good = workspace.add_experiment("lstm", skill=3.0).metrics["test"].auc
    second = workspace.add_experiment("rnn", skill=0.2).metrics["test"].auc
    best, deployed, study, not_run = workspace.report().summary
    assert best.startswith(f"The best model is lstm: AUC {good:.4f} (")
    assert re.search(
        rf"The deployed model is {MODEL}: AUC .* minus the deployed model's is {DIFFERENCE}\.$", deployed
    )
    assert best.endswith(f"The second best is rnn, with an AUC of {second:.4f}.")
    assert study.startswith("The study's best model was glove_lstm, with an AUC of 0.9040 on")
    assert f"{good - 0.90395:.3f} lower than the best model here" in study
    assert re.search(
        rf"models as fitted here is lstm, .*; its AUC minus the deployed model's is {DIFFERENCE}\.$", study
    )
    assert not_run.startswith("2 of 11 experiments are finished")


def test_a_best_model_worse_than_the_study_s_is_called_so(workspace: ReportWorkspace) -> None:
    auc = workspace.add_experiment("lstm", skill=0.1).metrics["test"].auc
    assert f"{0.90395 - auc:.3f} higher than the best model here" in workspace.report().summary[2]


def test_the_best_model_may_be_the_deployed_one(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", skill=3.0, version=MODEL)
    deployed = workspace.report().summary[1]
    assert re.fullmatch(
        rf"It is also the deployed model, {MODEL}\. As shipped, its AUC is 0\.\d{{4}}\.", deployed
    )


def test_an_experiment_beyond_the_study_is_not_one_of_its_models(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("deep", skill=3.0)
    best, _, study, *_ = workspace.report().summary
    assert "The best model is deep" in best
    assert "fitted here" not in study


def test_when_all_experiments_are_finished_none_is_listed_as_not_run(workspace: ReportWorkspace) -> None:
    for one in STUDY:
        workspace.add_experiment(one.name)
    assert "not run" not in " ".join(workspace.report().summary)
