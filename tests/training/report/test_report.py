"""The whole report, on a small world: what is in it, what never is, and what is refused."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

pytest.importorskip("sklearn")
pytest.importorskip("jinja2")

from badbuzz.errors import DataRefused, Misconfigured
from model_registry.evaluation import evaluate
from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.training.report.world import CURVE, HOSTILE, MODEL
from training.azure.rows import Measured, Row, write_rows
from training.experiments.result import SCORES
from training.experiments.study_2021 import STUDY
from training.report.build import build
from training.report.document import Note, Table
from training.report.evidence import gather
from training.report.write import html, text, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.report.world import World
    from training.report.document import Report


def report_on(world: World, **more: Path) -> Report:
    return build(gather(world.sources(**more), world.registry, MODEL))


def table(report: Report, caption: str) -> dict[str, dict[str, str]]:
    """A table's cells, by row and column."""
    [found] = [
        block.frame
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    ]
    first, *others = found.columns
    return {row[first]: {column: row[column] for column in others} for row in found.to_dict("records")}


def notes(report: Report, anchor: str) -> str:
    [section] = [section for section in report.sections if section.anchor == anchor]
    return " ".join(block.text for block in section.blocks if isinstance(block, Note))


def test_a_row_that_was_not_run_says_so_and_has_the_study_s_figures_only(world: World) -> None:
    rows = table(report_on(world), "Each row, fitted here")
    for row in STUDY:
        assert rows[row.name]["AUC (95 %)"] == rows[row.name]["accuracy (95 %)"] == "not run"
        assert rows[row.name]["CPU minutes"] == "not run"
        assert rows[row.name]["study's AUC"] == f"{row.auc:.4f}"
        assert rows[row.name]["study's accuracy"] == f"{row.accuracy:.4f}"
    assert rows["bilstm"]["trainable parameters"] == "– (13,210,753)"
    assert rows["Azure Text Analytics, raw text"]["AUC (95 %)"] == "not run"


def test_a_finished_row_stands_beside_the_study_s(world: World) -> None:
    result = world.row("lstm", curve=CURVE)
    report = report_on(world)
    rows = table(report, "Each row, fitted here")
    found = result.metrics["test"]
    assert rows["lstm"]["AUC (95 %)"] == (f"{found.auc:.4f} ({found.auc_ci[0]:.4f} to {found.auc_ci[1]:.4f})")
    assert rows["lstm"]["study's AUC"] == "0.8895"
    assert rows["lstm"]["tweets"] == "392 (400,000)"
    assert rows["lstm"]["dimensions"] == "256"
    assert rows["lstm"]["machine"] == "2 cores, of a test"
    paired = table(report, "Each row less the deployed")
    assert re.match(r"[+−]0\.\d{4} \([+−]", paired["lstm"]["AUC"])
    assert paired["rnn"]["AUC"] == "not run"
    assert "1 of 11 rows are finished" in " ".join(report.lead)


def test_a_row_beyond_the_study_is_there_too(world: World) -> None:
    world.row("lstm", name="wide_and_deep", remark="new")
    rows = table(report_on(world), "Each row, fitted here")
    assert rows["wide_and_deep"]["study's AUC"] == "–"
    assert rows["lstm"]["AUC (95 %)"] == "not run"


def test_what_the_service_said_is_in_both_tables(world: World) -> None:
    metrics = evaluate([0, 1, 0, 1], [0.2, 0.9, 0.6, 0.8])
    write = Measured(
        sample=4, seed=1, fingerprint="f", metrics=metrics, without_opinion={}, model_versions=("1",)
    )
    (world.folder / "azure").mkdir()
    write_rows(world.folder / "azure", [Row("standard", write)])
    report = report_on(world)
    assert table(report, "The bought service")["standard"]["accuracy (95 %)"].startswith("0.7500")
    rows = table(report, "Each row, fitted here")
    assert rows["Azure Text Analytics, standard text"]["tweets"] == "4 (1,000)"


def test_rows_that_differ_in_cleaning_only_are_compared(world: World) -> None:
    world.row("lstm")
    assert "not run" in notes(report_on(world), "cleaning")
    settings = world.row("rnn").settings
    world.row(
        "rnn", name="rnn_advanced", settings={**settings, "cleaning": "advanced", "name": "rnn_advanced"}
    )
    twins = table(report_on(world), "Rows that differ in nothing else")
    assert list(twins) == ["rnn_advanced", "rnn"]
    assert [twin["cleaning"] for twin in twins.values()] == ["advanced", "standard"]


def test_hand_labelled_tweets_by_brand_and_the_neutral_ones(world: World) -> None:
    world.row("lstm")
    report = report_on(world, manual=world.manual(), ratings=world.ratings())
    brands = table(report, "By brand")
    assert list(brands) == ["airline", "all others"]
    assert [brands["airline"][mood] for mood in ("negative", "neutral", "positive")] == ["4", "4", "4"]
    people = table(report, "On the 12 tweets")
    assert people["lstm"]["AUC (95 %)"] == "not run"
    assert people["deployed"]["AUC (95 %)"] != "not run"
    assert "6 more were called neutral" in notes(report, "people")
    assert "12 tweets were rated" in notes(report, "people")


def test_costs_are_measured_for_what_a_worker_can_score_with(world: World) -> None:
    world.row("lstm", version=MODEL)
    world.row("rnn", version="rnn:4")
    world.row("hashing_lr")
    costs = table(report_on(world), "A million tweets")
    assert costs["Azure, the month's first million"]["euros"] == "738.50"
    assert costs["Azure, beyond ten million"]["euros"] == "211.00"
    assert costs["lstm"]["processor time"].endswith(" min")
    assert costs["rnn"]["processor time"].startswith("not measured: rnn:4")
    assert costs["hashing_lr"]["processor time"] == "not measured: no worker can score with it"


def test_a_model_whose_encoder_is_not_given_is_not_measured_and_says_so(world: World) -> None:
    for draft in (tiny_sentence_model.draft(), tiny_transformer_model.draft()):
        world.registry.register(draft)
    world.row("use_lite_dense", version="tiny:2")
    world.row("minilm_finetuned", version="tiny:3")
    report = report_on(world)
    costs = table(report, "A million tweets")
    assert costs["use_lite_dense"]["processor time"].startswith("not measured: tiny:2: reads sentences")
    assert "BADBUZZ_ENCODER" in costs["use_lite_dense"]["processor time"]
    assert costs["minilm_finetuned"]["processor time"].endswith(" min")
    rows = table(report, "Each row, fitted here")
    assert rows["use_lite_dense"]["dimensions"] == "8 (512)"
    assert rows["minilm_finetuned"]["dimensions"] == "8"


def test_errors_add_up(world: World) -> None:
    evidence = gather(world.sources(), world.registry, MODEL)
    kinds = table(build(evidence), "Errors of")
    counted = [int(cell.split()[0].replace(",", "")) for row in kinds.values() for cell in row.values()]
    assert sum(counted) == np.count_nonzero(~evidence.deployed.test.hits)


class Page(HTMLParser):
    """What a page asks for, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [str(value) for name, value in attrs if name in {"src", "href", "data", "action"}]
        if tag not in {"meta", "link", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_fetches_nothing_and_runs_nothing(world: World) -> None:
    world.row("lstm", curve=CURVE)
    content = html(report_on(world, manual=world.manual()))
    page = Page()
    page.feed(content)
    assert not page.open
    assert page.asked
    assert all(asked.startswith("#") for asked in page.asked)
    assert "<script" not in content
    assert "url(" not in content
    assert "@import" not in content
    assert "default-src 'none'" in content


def test_tweets_are_quoted_in_the_page_only_and_there_as_text(world: World, tmp_path: Path) -> None:
    report = report_on(world)
    assert "&lt;script src=" in html(report)
    assert "script src" not in html(report.without_texts())
    assert "script src" not in text(report)
    page, markdown = write_report(tmp_path / "out", report, texts=False)
    for path in (page, markdown, *(tmp_path / "out").glob("charts/*")):
        assert "evil.example" not in path.read_text()
    assert "evil.example" in HOSTILE


def test_markdown_s_charts_are_there(world: World, tmp_path: Path) -> None:
    world.row("lstm", curve=CURVE)
    page, markdown = write_report(tmp_path / "out", report_on(world))
    named = set(re.findall(r"\]\((charts/[^)]+)\)", markdown.read_text()))
    there = {f"charts/{path.name}" for path in (tmp_path / "out" / "charts").iterdir()}
    assert named == there
    assert "charts/learning-1.svg" in named
    assert {path.name for path in page.parent.iterdir()} == {"report.html", "report.md", "charts"}


def test_markdown_s_tables_are_whole(world: World) -> None:
    """Each has a heading, a rule, and rows of as many cells, whatever stands in them."""
    world.row("lstm", remark="a | b")
    blocks = text(report_on(world, manual=world.manual())).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip().startswith("|")]
    assert len(tables) > 8
    for _, rule, *rows in tables:
        assert set(rule) == {"|", "-"}
        assert rows
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {rule.count("|")}


def test_a_row_measured_on_another_test_is_refused(world: World) -> None:
    world.row("lstm")
    labels = world.labels.copy()
    labels[0] = 1 - labels[0]
    scores = np.full(len(labels), 0.5, np.float32)
    save_file({"test/labels": labels, "test/scores": scores}, world.folder / "rows" / "lstm" / SCORES)
    with pytest.raises(DataRefused, match="measured on another test"):
        report_on(world)


@pytest.mark.parametrize("broken", [None, b"", b"none"])
def test_broken_scores_are_named(world: World, broken: bytes | None) -> None:
    world.row("lstm")
    path = world.folder / "rows" / "lstm" / SCORES
    path.unlink() if broken is None else path.write_bytes(broken)
    with pytest.raises(DataRefused, match=r"lstm/scores\.safetensors: not the scores of test"):
        report_on(world)


def test_a_file_without_its_columns_is_named(world: World) -> None:
    with pytest.raises(DataRefused, match="polarity, query, text"):
        report_on(world, manual=world.test)


def test_a_deployed_model_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(Misconfigured, match="tiny:9"):
        gather(world.sources(), world.registry, "tiny:9")
