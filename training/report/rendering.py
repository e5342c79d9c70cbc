"""Write a report as files: one self-contained page of HTML, and Markdown with its charts as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from badbuzz.system.atomic_file import replace_file
from training.report.charts import STYLE
from training.report.document import CaptionedChart

if TYPE_CHECKING:
    from pathlib import Path

    from training.report.document import Report

PAGE: Final = "report.html"
MARKDOWN: Final = "report.md"
CHARTS: Final = "charts"

_MARKUP: Final = str.maketrans(
    {"|": r"\|", "<": "&lt;", ">": "&gt;", "*": r"\*", "_": r"\_", "`": r"\`", "\n": " "}
)


def write_report(folder: Path, report: Report, *, with_quotes: bool = True) -> tuple[Path, Path]:
    """Write page, Markdown and charts into ``folder``, and return the paths of page and Markdown.

    Other people's tweets are in the page only, and only if ``with_quotes``.
    """
    (folder / CHARTS).mkdir(parents=True, exist_ok=True)
    page, markdown = folder / PAGE, folder / MARKDOWN
    _replace(page, render_html(report if with_quotes else report.without_quotes()))
    _replace(markdown, render_markdown(report))
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, CaptionedChart):
                _replace(folder / build_chart_path(block), block.chart.standalone())
    return page, markdown


def render_html(report: Report) -> str:
    """Return the report as a page that fetches nothing."""
    return _environment().get_template("page.html").render(report=report, style=STYLE)


def render_markdown(report: Report) -> str:
    """Return the report as Markdown, without other people's tweets."""
    return _environment().get_template("page.md").render(report=report.without_quotes())


def build_chart_path(figure: CaptionedChart) -> str:
    """Return the path of the figure's chart, relative to the Markdown file."""
    return f"{CHARTS}/{figure.name}.svg"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = lambda cell: str(cell).translate(_MARKUP)
    environment.globals["build_chart_path"] = build_chart_path
    return environment


def _replace(path: Path, content: str) -> None:
    """Replace the file in one step, so that a browser never shows half a page."""
    with replace_file(path) as unfinished:
        unfinished.write_text(content, encoding="utf-8")
