"""Asks the Parquet files what happened, the way an analyst would."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

QUERIES: Final = {
    "What was scored": """
        SELECT count(*) AS rows,
               count(DISTINCT (partition, "offset")) AS "different records",
               avg((label = 'NEGATIVE')::INT) AS negative,
               avg((label = expected_label)::INT) AS "as labelled",
               any_value(model) AS model
        FROM scored
    """,
    "Each brand": """
        SELECT unnest(brands) AS brand,
               count(*) AS tweets,
               avg((label = 'NEGATIVE')::INT) AS negative
        FROM scored
        GROUP BY brand
        ORDER BY tweets DESC
    """,
    "The worst ten seconds": """
        SELECT brand,
               strftime(make_timestamp(epoch_us(created_at) // 10_000_000 * 10_000_000), '%H:%M:%S UTC') AS since,
               count(*) AS tweets,
               avg((label = 'NEGATIVE')::INT) AS negative
        FROM (SELECT unnest(brands) AS brand, created_at, label FROM scored)
        GROUP BY brand, since
        HAVING tweets >= 50
        ORDER BY negative DESC
        LIMIT 3
    """,
}
"""Titles and SQL. ``scored`` stands for the Parquet files; shares are between 0 and 1."""


def view_of(scored: str) -> str:
    """The SQL that makes ``scored`` of a folder of Parquet files."""
    quoted = scored.replace("'", "''")
    return f"CREATE VIEW scored AS FROM '{quoted}/dt=*/*.parquet';"


def write_sql(path: Path, scored: Path) -> None:
    """Keep the queries, for ``duckdb < FILE`` and as a start for one's own."""
    queries = [f"-- {title}\n{dedent(sql).strip()};\n" for title, sql in QUERIES.items()]
    path.write_text("\n".join([view_of(str(scored)) + "\n", *queries]), encoding="utf-8")


def report(scored: Path, console: Console) -> None:
    """Print what each query finds."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(view_of(str(scored)))
        for title, sql in QUERIES.items():
            found = connection.execute(sql)
            names = [column[0] for column in found.description]
            console.print(_table(title, names, found.fetchall()))
            console.print()


def _table(title: str, names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False
    )
    for name, value in zip(names, rows[0] if rows else names, strict=True):
        table.add_column(name, justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else "–" if value is None else str(value)
