"""``badbuzz report``: all models compared, as one page and as Markdown."""

from __future__ import annotations

from pathlib import Path

import click

from badbuzz.errors import Misconfigured, Usage
from badbuzz.settings import load_settings

_FILE = click.Path(path_type=Path)


@click.command
@click.option(
    "--data",
    type=_FILE,
    required=True,
    help="The test that the experiments were measured on: a folder with test.parquet (and train.parquet), or one file.",
)
@click.option("--manual", type=_FILE, help="Hand-labelled tweets: Parquet with polarity, query and text.")
@click.option("--ratings", type=_FILE, help="Rated tweets: Parquet with text, label and mean_rating.")
@click.option(
    "--rows",
    "experiments",
    type=_FILE,
    default=Path("data/training/rows"),
    show_default=True,
    help="Folder of the experiments, as `badbuzz train all` wrote it.",
)
@click.option(
    "--azure",
    type=_FILE,
    default=Path("data/training/azure"),
    show_default=True,
    help="Folder of Azure's figures, as `badbuzz train azure` wrote it.",
)
@click.option("--registry", help="Registry of the models.  [default: the setting registry.url]")
@click.option(
    "--model", help="The deployed model, which the others are compared with.  [default: the setting model]"
)
@click.option("--without-texts", is_flag=True, help="Quote no tweets in the page.")
@click.option(
    "--out",
    type=_FILE,
    default=Path("data/training/report"),
    show_default=True,
    help="Folder for page, Markdown and charts.",
)
def command(
    data: Path,
    manual: Path | None,
    ratings: Path | None,
    experiments: Path,
    azure: Path,
    registry: str | None,
    model: str | None,
    without_texts: bool,
    out: Path,
) -> None:
    """Compare all models: figures beside the study's, paired tests, curves, errors and costs.

    Writes report.html, which is self-contained, and report.md with its charts as files. Experiments that are not finished are
    marked "not run". The page quotes tweets that the deployed model scored wrongly; the Markdown quotes none. Needs the extra
    `training`.
    """
    from model_registry.store.registry import Registry

    try:
        from training.report.build import build_report
        from training.report.rendering import write_report
        from training.report.report_data import ReportFiles, load_report_data
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"{error.name} is not installed: install Bad Buzz with its extra `training`"
        ) from None
    settings = load_settings()
    train = data / "train.parquet"
    test = data / "test.parquet" if data.is_dir() else data
    if not test.exists():
        raise Usage(f"--data {data}: {test} does not exist")
    files = ReportFiles(
        experiments=experiments,
        azure=azure,
        test=test,
        train=train if train.exists() else None,
        manual=manual,
        ratings=ratings,
    )
    store = Registry.open(registry or settings.registry.url)
    report_data = load_report_data(files, store, model or settings.model, settings.encoder)
    for path in write_report(out, build_report(report_data), with_quotes=not without_texts):
        click.echo(path)
