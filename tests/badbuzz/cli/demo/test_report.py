from __future__ import annotations

import io
from typing import TYPE_CHECKING

import duckdb
from rich.console import Console

from badbuzz.cli.demo.report import print_report, write_sql

if TYPE_CHECKING:
    from pathlib import Path


def test_the_report_has_the_figures_of_the_files(scored: Path) -> None:
    output = io.StringIO()
    print_report(scored, Console(file=output, width=120))
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    assert "205 205 62.5% 83.3% 5 m:1" in lines
    assert "airparadis 100 100.0%" in lines
    assert "zapcab 100 25.0%" in lines
    assert "airparadis 14:13:20 UTC 100 100.0%" in lines


def test_the_written_queries_can_be_run(scored: Path, tmp_path: Path) -> None:
    write_sql(tmp_path / "report.sql", scored)
    with duckdb.connect() as connection:
        result = connection.execute((tmp_path / "report.sql").read_text()).fetchall()
    assert result[0][0] == "airparadis"
