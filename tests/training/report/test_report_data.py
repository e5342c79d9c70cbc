from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

pytest.importorskip("sklearn")

from badbuzz.errors import DataRefused, Misconfigured
from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.training.report.workspace import MODEL
from training.experiments.result import SCORES
from training.report.report_data import load_report_data

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_all_models_scores_of_the_test_are_there(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    data = workspace.load()
    assert list(data.test_scores) == ["lstm", "deployed"]
    assert data.test_scores["deployed"] is data.deployed.test_scores
    assert data.deployed.name == MODEL
    assert len(data.deployed.test_scores.scores) == len(workspace.labels)


def test_registered_models_are_timed_and_others_have_a_reason(workspace: ReportWorkspace) -> None:
    for draft in (tiny_sentence_model.draft(), tiny_transformer_model.draft()):
        workspace.registry.register(draft)
    workspace.add_experiment("lstm", version=MODEL)
    workspace.add_experiment("rnn", version="rnn:4")
    workspace.add_experiment("use_lite_dense", version="tiny:2")
    workspace.add_experiment("minilm_finetuned", version="tiny:3")
    workspace.add_experiment("hashing_lr")
    data = workspace.load()
    assert set(data.cpu_seconds) == {MODEL, "lstm", "minilm_finetuned"}
    assert all(seconds > 0 for seconds in data.cpu_seconds.values())
    assert set(data.untimed) == {"rnn", "use_lite_dense"}
    assert set(data.networks) == {"lstm", "use_lite_dense", "minilm_finetuned"}


def test_an_experiment_measured_on_another_test_is_refused(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm")
    labels = workspace.labels.copy()
    labels[0] = 1 - labels[0]
    scores = np.full(len(labels), 0.5, np.float32)
    path = workspace.folder / "experiments" / "lstm" / SCORES
    save_file({"test/labels": labels, "test/scores": scores}, path)
    with pytest.raises(DataRefused, match="measured on another test"):
        workspace.load()


def test_a_deployed_model_that_does_not_exist_is_named(workspace: ReportWorkspace) -> None:
    with pytest.raises(Misconfigured, match="tiny:9"):
        load_report_data(workspace.files(), workspace.registry, "tiny:9")
