"""``badbuzz train azure``: measure Azure Text Analytics for the comparison."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import FILE, LARGEST, SEED, folder_option
from badbuzz.errors import DependencyDown, Misconfigured, Usage
from badbuzz.settings import load_as

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.azure.batches import Failures
    from training.azure.cache import Cache
    from training.azure.measurement import FormMeasurement
    from training.azure.settings import Credentials


@click.command(short_help="Measure Azure Text Analytics on labelled tweets; costs money.")
@click.option(
    "--data", type=FILE, required=True, help="Labelled tweets: a folder with test.parquet, or one file."
)
@click.option(
    "--rows",
    type=click.IntRange(1, LARGEST),
    default=1_000,
    show_default=True,
    help="Number of tweets to draw.",
)
@click.option("--seed", type=SEED, default=1, show_default=True, help="Seed of the random draw.")
@click.option("--model-version", default="latest", show_default=True, help="Version of the service's model.")
@click.option("--yes", is_flag=True, help="Agree to the price without being asked.")
@folder_option(
    "--out",
    default="data/training/azure",
    text="Folder of the figures, and of all results that were paid for.",
)
def azure(data: Path, rows: int, seed: int, model_version: str, yes: bool, out: Path) -> None:
    """Measure Azure Text Analytics on a sample of tweets, as raw, standard and advanced text.

    Needs the extra `azure`, BADBUZZ_AZURE__ENDPOINT and BADBUZZ_AZURE__KEY; without these two the figures are "not run".
    The command shows the price and asks for agreement before it sends anything. No text is paid for twice: results are kept
    in --out, and after Ctrl-C or a failure the same command continues.
    """
    from training.azure.batches import collect_answers, find_unanswered
    from training.azure.cache import Cache
    from training.azure.measurement import mark_not_run, measure_form, write_measurements
    from training.azure.port import LANGUAGE
    from training.azure.sample import FORMS, draw_sample
    from training.azure.settings import AzureSettings, Credentials

    settings = load_as(AzureSettings)
    if settings.missing:
        _print(mark_not_run(f"not set: {', '.join(settings.missing)}"))
        return
    credentials = Credentials(settings.endpoint, settings.key)
    sample = draw_sample(data, rows, seed)
    out.mkdir(parents=True, exist_ok=True)
    with Cache(out / "opinions.sqlite3", language=LANGUAGE, model_version=model_version) as cache:
        wanted = find_unanswered((text for form in FORMS for text in sample.texts[form]), cache)
        if not _confirm_price(wanted, yes=yes):
            click.echo("nothing was sent")
            return
        failures = _send(wanted, cache, credentials, model_version) if wanted else {}
        found = [
            measure_form(sample, form, collect_answers(sample.texts[form], cache, failures), seed)
            for form in FORMS
        ]
    write_measurements(out, found)
    _print(found)


def _confirm_price(texts: Sequence[str], *, yes: bool) -> bool:
    from training.azure.prices import SOURCE, compute_cost, count_records

    if not texts:
        click.echo("no text to send: all results are in the cache")
        return True
    price = f"about {compute_cost(count_records(texts)):.2f} € by {SOURCE}"
    click.echo(
        f"{len(texts):,} texts will be sent to Azure. They cost {price} if nothing else is sent this month."
    )
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Usage("nothing was sent: no terminal to confirm the price on; pass --yes to agree to it")
    return click.confirm("Send them?")


def _send(texts: Sequence[str], cache: Cache, credentials: Credentials, model_version: str) -> Failures:
    from rich.progress import Progress

    from training.azure.batches import analyse_texts

    try:
        from training.azure.client import AzureService
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"{error.name} is not installed: install Bad Buzz with its extra `azure`"
        ) from None
    with closing(AzureService(credentials, model_version=model_version)) as service, Progress() as progress:
        task = progress.add_task("sending to Azure", total=len(texts))
        try:
            return analyse_texts(texts, service, cache, lambda sent: progress.advance(task, sent))
        except DependencyDown as error:
            raise DependencyDown(
                f"{error}; results so far are kept: run the same command again to continue"
            ) from None


def _print(measurements: Sequence[FormMeasurement]) -> None:
    from rich.console import Console
    from rich.table import Table

    from training.azure.measurement import NotRun

    table = Table("text", "tweets", "AUC (95 %)", "accuracy (95 %)", box=None, header_style="bold")
    notes = []
    for one in measurements:
        result = one.result
        if isinstance(result, NotRun):
            table.add_row(one.form, "–", "not run", "not run")
            notes.append(result.reason)
            continue
        metrics = result.metrics
        auc, accuracy = (metrics.auc, metrics.auc_ci), (metrics.accuracy, metrics.accuracy_ci)
        table.add_row(one.form, f"{metrics.n:,} of {result.sample:,}", _interval(*auc), _interval(*accuracy))
        notes += [f"{one.form}: {count:,} × {code}" for code, count in result.without_opinion.items()]
    Console().print(table)
    for note in dict.fromkeys(notes):
        click.echo(note)


def _interval(value: float, bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{value:.4f} ({low:.4f}–{high:.4f})"
