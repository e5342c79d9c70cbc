"""The demo's report: SQL queries over the Parquet files."""

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
               count(*) - count(label) AS unread,
               any_value(model) AS model
        FROM scored
    """,
    "Each brand": """
        SELECT unnest(brands) AS brand,
               count(label) AS tweets,
               avg((label = 'NEGATIVE')::INT) AS negative
        FROM scored
        GROUP BY brand
        ORDER BY tweets DESC
    """,
    "The worst ten seconds": """
        SELECT brand,
               strftime(make_timestamp(epoch_us(created_at) // 10_000_000 * 10_000_000), '%H:%M:%S UTC') AS since,
               count(label) AS tweets,
               avg((label = 'NEGATIVE')::INT) AS negative
        FROM (SELECT unnest(brands) AS brand, created_at, label FROM scored)
        GROUP BY brand, since
        HAVING tweets >= 50
        ORDER BY negative DESC
        LIMIT 3
    """,
}
"""Titles and SQL. The view ``scored`` has the rows of the Parquet files; shares are between 0 and 1.

Tweets that the model could not read have no label. They are no part of a share.
"""


def make_view_sql(scored: str) -> str:
    """Return the SQL that creates the view ``scored`` over a folder of Parquet files."""
    quoted = scored.replace("'", "''")
    return f"CREATE VIEW scored AS FROM '{quoted}/dt=*/*.parquet';"


def write_sql(path: Path, scored: Path) -> None:
    """Write the queries to a file for ``duckdb < FILE``."""
    queries = [f"-- {title}\n{dedent(sql).strip()};\n" for title, sql in QUERIES.items()]
    path.write_text("\n".join([make_view_sql(str(scored)) + "\n", *queries]), encoding="utf-8")


def print_report(scored: Path, console: Console) -> None:
    """Print the result of each query."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(make_view_sql(str(scored)))
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
