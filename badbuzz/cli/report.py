"""``badbuzz report``: all models compared, as one page and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import FILE, folder_option, open_registry
from badbuzz.errors import Misconfigured, Usage
from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command
@click.option(
    "--data",
    type=FILE,
    required=True,
    help="The test that the experiments were measured on: a folder with test.parquet (and train.parquet), or one file.",
)
@click.option("--manual", type=FILE, help="Hand-labelled tweets: Parquet with polarity, query and text.")
@click.option("--ratings", type=FILE, help="Rated tweets: Parquet with text, label and mean_rating.")
@folder_option(
    "--rows",
    "experiments",
    default="data/training/rows",
    text="Folder of the experiments, as `badbuzz train all` wrote it.",
)
@folder_option(
    "--azure",
    default="data/training/azure",
    text="Folder of Azure's figures, as `badbuzz train azure` wrote it.",
)
@click.option("--registry", help="Registry of the models.  [default: the setting registry.url]")
@click.option(
    "--model", help="The deployed model, which the others are compared with.  [default: the setting model]"
)
@click.option("--without-texts", is_flag=True, help="Quote no tweets in the page.")
@folder_option("--out", default="data/training/report", text="Folder for page, Markdown and charts.")
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
    report_data = load_report_data(files, open_registry(registry), model or settings.model, settings.encoder)
    for path in write_report(out, build_report(report_data), with_quotes=not without_texts):
        click.echo(path)
