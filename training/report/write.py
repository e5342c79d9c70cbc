"""A report as files: one page of HTML that needs nothing else, and Markdown with its charts beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from training.report.charts.svg import STYLE
from training.report.document import Figure, Note, Quotes, Table

if TYPE_CHECKING:
    from pathlib import Path

    from training.report.document import Block, Report

PAGE: Final = "report.html"
TEXT: Final = "report.md"
CHARTS: Final = "charts"

_MARKUP: Final = str.maketrans(
    {"|": r"\|", "<": "&lt;", ">": "&gt;", "*": r"\*", "_": r"\_", "`": r"\`", "\n": " "}
)


def write_report(folder: Path, report: Report, *, texts: bool = True) -> tuple[Path, Path]:
    """Write page and Markdown into ``folder``. Other people's tweets are in the page only, and there if ``texts``.

    Returns the paths of both.
    """
    (folder / CHARTS).mkdir(parents=True, exist_ok=True)
    page, markdown = folder / PAGE, folder / TEXT
    _replace(page, html(report if texts else report.without_texts()))
    _replace(markdown, text(report))
    for figure in _figures(report):
        for number, chart in enumerate(figure.charts, 1):
            _replace(folder / chart_file(figure, number), chart.standalone())
    return page, markdown


def html(report: Report) -> str:
    """Write it as a page that fetches nothing."""
    return _environment().get_template("page.html").render(report=report, style=STYLE)


def text(report: Report) -> str:
    """Write it as Markdown, without other people's tweets."""
    return _environment().get_template("page.md").render(report=report.without_texts())


def chart_file(figure: Figure, number: int) -> str:
    """Name a chart's file, relative to the Markdown."""
    return f"{CHARTS}/{figure.name}-{number}.svg"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests |= {kind.__name__.lower(): _is(kind) for kind in (Note, Table, Figure, Quotes)}
    environment.filters["plain"] = lambda cell: str(cell).translate(_MARKUP)
    environment.globals["chart_file"] = chart_file
    return environment


def _is(kind: type[Block]) -> Any:  # noqa: ANN401 - what Jinja takes for a test
    return lambda block: isinstance(block, kind)


def _figures(report: Report) -> list[Figure]:
    return [block for section in report.sections for block in section.blocks if isinstance(block, Figure)]


def _replace(path: Path, content: str) -> None:
    """Write whole or not at all, so that a browser never shows half a page."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)
