"""``badbuzz report``: all models side by side, as one page and as Markdown."""

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
    help="The test that the rows were measured on: a folder with test.parquet (and train.parquet), or one file.",
)
@click.option("--manual", type=_FILE, help="Hand-labelled tweets: Parquet with polarity, query and text.")
@click.option("--ratings", type=_FILE, help="Rated tweets: Parquet with text, label and mean_rating.")
@click.option(
    "--rows",
    type=_FILE,
    default=Path("data/training/rows"),
    show_default=True,
    help="What `badbuzz train all` left.",
)
@click.option(
    "--azure",
    type=_FILE,
    default=Path("data/training/azure"),
    show_default=True,
    help="What `badbuzz train azure` left.",
)
@click.option("--registry", help="Registry of the models.  [default: the setting registry.url]")
@click.option("--model", help="The deployed model, to compare with.  [default: the setting model]")
@click.option("--without-texts", is_flag=True, help="Quote no tweet in the page, either.")
@click.option(
    "--out",
    type=_FILE,
    default=Path("data/training/report"),
    show_default=True,
    help="Folder for page and Markdown.",
)
def command(
    data: Path,
    manual: Path | None,
    ratings: Path | None,
    rows: Path,
    azure: Path,
    registry: str | None,
    model: str | None,
    without_texts: bool,
    out: Path,
) -> None:
    """Compare all models: the study's table beside its figures, tests, curves, errors and costs.

    Writes report.html, which needs nothing else, and report.md with charts beside it. Rows that are not finished say so.
    The page quotes tweets that the deployed model is wrong about, the Markdown does not. Needs the extra `training`.
    """
    from model_registry.store.registry import Registry

    try:
        from training.report.build import build
        from training.report.evidence import Sources, gather
        from training.report.write import write_report
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"{error.name} is not installed: install Bad Buzz with its extra `training`"
        ) from None
    settings = load_settings()
    train = data / "train.parquet"
    test = data / "test.parquet" if data.is_dir() else data
    if not test.exists():
        raise Usage(f"--data {data}: there is no {test}")
    sources = Sources(
        rows=rows,
        azure=azure,
        test=test,
        train=train if train.exists() else None,
        manual=manual,
        ratings=ratings,
    )
    store = Registry.open(registry or settings.registry.url)
    evidence = gather(sources, store, model or settings.model, settings.encoder)
    for path in write_report(out, build(evidence), texts=not without_texts):
        click.echo(path)
