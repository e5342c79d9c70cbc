"""The files of a report: what is in them, and what never is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from tests.training.report.workspace import CURVE, HOSTILE
from training.report.rendering import render_html, render_markdown, write_report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.report.workspace import ReportWorkspace


class Page(HTMLParser):
    """The addresses in a page, and its open elements."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"src", "href", "xlink:href", "data", "action"}
        self.addresses += [str(value) for name, value in attrs if name in names]
        if tag not in {"meta", "link", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_fetches_nothing_and_runs_nothing(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", curve=CURVE)
    content = render_html(workspace.report(manual=workspace.write_manual()))
    page = Page()
    page.feed(content)
    assert not page.open
    assert page.addresses
    assert all(address.startswith("#") for address in page.addresses)
    assert "<script" not in content
    assert "url(" not in content
    assert "@import" not in content
    assert "default-src 'none'" in content


def test_no_id_is_in_the_page_twice(workspace: ReportWorkspace) -> None:
    workspace.add_experiment("lstm", curve=CURVE)
    ids = re.findall(r' id="([^"]+)"', render_html(workspace.report(manual=workspace.write_manual())))
    assert len(ids) == len(set(ids))


def test_tweets_are_quoted_in_the_page_only_and_there_as_text(
    workspace: ReportWorkspace, tmp_path: Path
) -> None:
    report = workspace.report()
    assert "&lt;script src=" in render_html(report)
    assert "script src" not in render_html(report.without_quotes())
    assert "script src" not in render_markdown(report)
    page, markdown = write_report(tmp_path / "out", report, with_quotes=False)
    for path in (page, markdown, *(tmp_path / "out").glob("charts/*")):
        assert "evil.example" not in path.read_text()
    assert "evil.example" in HOSTILE


def test_markdown_s_charts_exist_and_have_a_text_alternative(
    workspace: ReportWorkspace, tmp_path: Path
) -> None:
    workspace.add_experiment("lstm", curve=CURVE)
    page, markdown = write_report(tmp_path / "out", workspace.report(manual=workspace.write_manual()))
    named = dict(re.findall(r"!\[([^\]]+)\]\((charts/[^)]+)\)", markdown.read_text()))
    written = {f"charts/{path.name}" for path in (tmp_path / "out" / "charts").iterdir()}
    assert set(named.values()) == written
    assert written == {
        f"charts/{name}.svg" for name in ("auc", "learning", "roc", "calibration", "lengths", "manual")
    }
    assert all(len(description) > 20 for description in named)
    assert {path.name for path in page.parent.iterdir()} == {"report.html", "report.md", "charts"}


def test_markdown_s_tables_are_whole(workspace: ReportWorkspace) -> None:
    """Each table has a heading, a rule, and rows with the same number of cells, for any cell content."""
    workspace.add_experiment("lstm", remark="a | b")
    blocks = render_markdown(workspace.report(manual=workspace.write_manual())).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip().startswith("|")]
    assert len(tables) > 8
    for _, rule, *rows in tables:
        assert set(rule) == {"|", "-"}
        assert rows
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {rule.count("|")}
