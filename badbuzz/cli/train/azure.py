"""``badbuzz train azure``: the comparison's rows of the bought service."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from badbuzz.errors import DependencyDown, Misconfigured, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.azure.asking import Failures
    from training.azure.cache import Cache
    from training.azure.rows import Row
    from training.azure.settings import Credentials

_FILE = click.Path(path_type=Path)


@click.command(short_help="Measure Azure Text Analytics on labelled tweets; costs money.")
@click.option(
    "--data", type=_FILE, required=True, help="Labelled tweets: a folder with test.parquet, or one file."
)
@click.option("--rows", type=click.IntRange(1), default=1_000, show_default=True, help="Draw so many tweets.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the draw depends on.")
@click.option(
    "--model-version", default="latest", show_default=True, help="Which model of the service's to ask."
)
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@click.option(
    "--out",
    type=_FILE,
    default=Path("data/training/azure"),
    show_default=True,
    help="Folder of the rows, and of all opinions that were ever paid for.",
)
def azure(data: Path, rows: int, seed: int, model_version: str, yes: bool, out: Path) -> None:
    """Ask Azure Text Analytics about a sample of tweets, as raw, standard and advanced text, and measure it.

    Needs the extra `azure`, BADBUZZ_AZURE__ENDPOINT and BADBUZZ_AZURE__KEY; without these two the rows say "not run".
    Nothing is sent before its price was shown and agreed to. No text is paid for twice: opinions are kept in
    --out, and after Ctrl-C or a failure the same command goes on where it was.
    """
    from training.azure.asking import collect, unanswered
    from training.azure.cache import Cache
    from training.azure.port import LANGUAGE
    from training.azure.rows import measure, not_run, write_rows
    from training.azure.sample import FORMS, draw
    from training.azure.settings import AzureSettings, Credentials

    settings = AzureSettings()
    if settings.missing:
        _print(not_run(f"not set: {', '.join(settings.missing)}"))
        return
    credentials = Credentials(settings.endpoint, settings.key)
    sample = draw(data, rows, seed)
    out.mkdir(parents=True, exist_ok=True)
    with Cache(out / "opinions.sqlite3", language=LANGUAGE, model_version=model_version) as cache:
        wanted = unanswered((text for form in FORMS for text in sample.texts[form]), cache)
        if not _agreed(wanted, yes=yes):
            click.echo("nothing was sent")
            return
        failures = _ask(wanted, cache, credentials, model_version) if wanted else {}
        found = [measure(sample, form, collect(sample.texts[form], cache, failures), seed) for form in FORMS]
    write_rows(out, found)
    _print(found)


def _agreed(texts: Sequence[str], *, yes: bool) -> bool:
    from training.azure.prices import SOURCE, cost, records

    if not texts:
        click.echo("no text to send: all opinions are known")
        return True
    price = f"about {cost(records(texts)):.2f} € by {SOURCE}"
    click.echo(f"{len(texts):,} texts to send to Azure: {price}, if they are the month's first")
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Usage(
            "nothing was sent: nobody is at the terminal to agree to the price; say --yes to agree to it"
        )
    return click.confirm("Send them?")


def _ask(texts: Sequence[str], cache: Cache, credentials: Credentials, model_version: str) -> Failures:
    from rich.progress import Progress

    from training.azure.asking import ask

    try:
        from training.azure.client import AzureService
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"{error.name} is not installed: install Bad Buzz with its extra `azure`"
        ) from None
    with closing(AzureService(credentials, model_version=model_version)) as service, Progress() as progress:
        task = progress.add_task("asking Azure", total=len(texts))
        try:
            return ask(texts, service, cache, lambda answered: progress.advance(task, answered))
        except DependencyDown as error:
            raise DependencyDown(
                f"{error}; what it answered is kept: the same command goes on from there"
            ) from None


def _print(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    from training.azure.rows import NotRun

    table = Table("text", "tweets", "AUC (95 %)", "accuracy (95 %)", box=None, header_style="bold")
    notes = []
    for row in rows:
        result = row.result
        if isinstance(result, NotRun):
            table.add_row(row.form, "–", "not run", "not run")
            notes.append(result.reason)
            continue
        metrics = result.metrics
        auc, accuracy = (metrics.auc, metrics.auc_ci), (metrics.accuracy, metrics.accuracy_ci)
        table.add_row(row.form, f"{metrics.n:,} of {result.sample:,}", _interval(*auc), _interval(*accuracy))
        notes += [f"{row.form}: {count:,} × {code}" for code, count in result.without_opinion.items()]
    Console().print(table)
    for note in dict.fromkeys(notes):
        click.echo(note)


def _interval(value: float, bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{value:.4f} ({low:.4f}–{high:.4f})"
