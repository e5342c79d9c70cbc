from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.evaluation import evaluate
from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.training.report.workspace import read_table
from training.azure.measurement import FormMeasurement, Measurement, write_measurements
from training.report.sections.models import write_models

if TYPE_CHECKING:
    from tests.training.report.workspace import ReportWorkspace


def rows_of(workspace: ReportWorkspace) -> dict[str, dict[str, str]]:
    return read_table(write_models(workspace.load()), "Models")


def test_an_experiment_that_was_not_run_has_the_study_s_facts_in_brackets(workspace: ReportWorkspace) -> None:
    rows = rows_of(workspace)
    assert rows["bilstm"]["trainable parameters"] == "– (13,210,753)"
    assert rows["bilstm"]["CPU minutes"] == "not run"
    assert rows["bilstm"]["model"] == "BiLSTM"


def test_a_finished_experiment_has_its_own_facts_and_the_study_s_where_they_differ(
    workspace: ReportWorkspace,
) -> None:
    workspace.add_experiment("lstm")
    row = rows_of(workspace)["lstm"]
    assert row["tweets"] == "392 (400,000)"
    assert row["dimensions"] == "256"
    assert row["CPU minutes"] == "1.5"


def test_remarks_have_a_table_of_their_own(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", name="wide_and_deep", remark="new")
    remarks = read_table(write_models(workspace.load()), "Differences")
    assert remarks["wide_and_deep"] == {"remark": "new"}
    assert "rnn_dropout3" in remarks
    assert "lstm" not in remarks


def test_dimensions_are_the_registered_network_s(workspace: ReportWorkspace) -> None:
    for draft in (tiny_sentence_model.draft(), tiny_transformer_model.draft()):
        workspace.registry.register(draft)
    workspace.add_experiment("use_lite_dense", version="tiny:2")
    workspace.add_experiment("minilm_finetuned", version="tiny:3")
    rows = rows_of(workspace)
    assert rows["use_lite_dense"]["dimensions"] == "8 (512)"
    assert rows["minilm_finetuned"]["dimensions"] == "8"


def test_the_service_s_sample_is_its_number_of_tweets(workspace: ReportWorkspace) -> None:
    metrics = evaluate([0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8])
    measurement = Measurement(
        sample=4, seed=1, fingerprint="f", metrics=metrics, without_opinion={}, model_versions=("1",)
    )
    (workspace.folder / "azure").mkdir()
    write_measurements(workspace.folder / "azure", [FormMeasurement("standard", measurement)])
    assert rows_of(workspace)["Azure Text Analytics, standard text"]["tweets"] == "4 (1,000)"


def test_the_deployed_model_is_described_by_its_manifest(workspace: ReportWorkspace) -> None:
    data = workspace.load()
    row = read_table(write_models(data), "Models")["deployed"]
    assert row["model"] == data.deployed.manifest.network.summary
    assert row["vectors"] == data.deployed.manifest.training.vectors
