from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.training.report.workspace import MODEL, read_table
from training.report.sections.cost import write_cost

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def test_registered_models_are_measured_and_others_say_why_not(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", version=MODEL)
    workspace.add_experiment("rnn", version="rnn:4")
    workspace.add_experiment("hashing_lr")
    rows = read_table(write_cost(workspace.load()), "A million tweets")
    assert rows["Azure, the month's first million"]["euros"] == "738.50"
    assert rows["Azure, beyond ten million"]["euros"] == "211.00"
    assert rows["lstm"]["processor time"].endswith(" min")
    assert rows["rnn"]["processor time"].startswith("not measured: rnn:4")
    assert rows["hashing_lr"]["processor time"] == "not measured: no registered model"


def test_a_model_whose_encoder_is_not_given_is_not_measured(workspace: ReportWorkspace) -> None:
    for draft in (tiny_sentence_model.draft(), tiny_transformer_model.draft()):
        workspace.registry.register(draft)
    workspace.add_experiment("use_lite_dense", version="tiny:2")
    workspace.add_experiment("minilm_finetuned", version="tiny:3")
    rows = read_table(write_cost(workspace.load()), "A million tweets")
    assert rows["use_lite_dense"]["processor time"].startswith("not measured: tiny:2: reads sentences")
    assert "BADBUZZ_ENCODER" in rows["use_lite_dense"]["processor time"]
    assert rows["minilm_finetuned"]["processor time"].endswith(" min")
