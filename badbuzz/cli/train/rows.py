"""``badbuzz train rows|row|all``: the study's table, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from badbuzz.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.experiments.inputs import ExperimentInputs
    from training.experiments.result import ExperimentResult
    from training.experiments.run import RunContext
    from training.neural.watcher import Watcher

_FILE = click.Path(path_type=Path)
_OUT = click.option(
    "--out",
    type=_FILE,
    default=Path("data/training/rows"),
    show_default=True,
    help="A folder for each row is made in it.",
)
_Function = TypeVar("_Function", bound="Callable[..., None]")


def _sources(function: _Function) -> _Function:
    options = (
        click.option(
            "--data",
            type=_FILE,
            required=True,
            help="A folder with train.parquet and test.parquet, or one file.",
        ),
        click.option("--word2vec", type=_FILE, help="Vectors for word2vec_lstm (`badbuzz train vectors`)."),
        click.option("--glove", type=_FILE, help="Vectors for glove_lstm, in GloVe's text format."),
        click.option(
            "--encoder", type=_FILE, help="Sentence encoder for use_lite_dense: a SavedModel's folder."
        ),
        click.option(
            "--transformer", type=_FILE, help="Encoder for minilm_finetuned, in Hugging Face's layout."
        ),
        click.option(
            "--evaluate",
            "also",
            type=_FILE,
            multiple=True,
            help="One more labelled file to measure on (repeatable).",
        ),
        click.option("--registry", help="Where to register models.  [default: the setting registry.url]"),
        _OUT,
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command()
@_OUT
def rows(out: Path) -> None:
    """List the rows of the study's table and beyond, and how far they are."""
    from training.experiments.beyond import BEYOND
    from training.experiments.result import ExperimentResult
    from training.experiments.study_2021 import STUDY

    for row in (*STUDY, *BEYOND):
        result = ExperimentResult.read(out / row.name)
        told = "" if row.auc is None else f" (study: AUC {row.auc:.4f})"
        click.echo(_line(result) if result else f"{row.name:<16} not finished{told}")


@click.command()
@click.argument("name")
@_sources
@click.option(
    "--teacher",
    "teachers",
    type=_FILE,
    multiple=True,
    help="Scores to learn from, too, for a distilled or a stacked row (`badbuzz train teacher`; repeatable).",
)
def row(name: str, **options: Any) -> None:  # noqa: ANN401 - see _begin
    """Rebuild the row NAME: fit it, measure it on the test, register it.

    An interrupted row goes on from its last checkpoint; a finished one is only shown. With MLFLOW_TRACKING_URI set, MLflow
    is told of it.
    """
    from training.experiments.beyond import find_experiment
    from training.neural.progress import LiveProgress
    from training.tracking.port import tracker
    from training.tracking.rows import make_tracked

    with LiveProgress() as watcher:
        result = make_tracked(find_experiment(name), *_begin(watcher, **options), tracker())
    click.echo(_line(result))


@click.command()
@click.argument("name")
@_sources
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    default=2,
    show_default=True,
    help="Models to fit, each on the others' folds.",
)
def teacher(name: str, folds: int, **options: Any) -> None:  # noqa: ANN401 - see _begin
    """Let the row NAME score every tweet of its train part by a model that has not seen it, for distilled and stacked rows.

    An interrupted one goes on from its last checkpoint.
    """
    from training.experiments.beyond import find_experiment
    from training.experiments.teachers import make_teacher
    from training.neural.progress import LiveProgress

    with LiveProgress() as watcher:
        materials, workshop = _begin(watcher, **options)
        path = make_teacher(find_experiment(name), materials, workshop.folder, watcher, folds=folds)
    click.echo(f"wrote {path}")


@click.command(name="all")
@_sources
def every(**options: Any) -> None:  # noqa: ANN401 - see _begin
    """Rebuild the whole table, cheap rows first.

    Finished rows are skipped, an interrupted one goes on. Rows whose vectors are not given are left out, and said to be.
    With MLFLOW_TRACKING_URI set, MLflow is told of each, also of those that were finished before.
    """
    from training.experiments.run import finished
    from training.experiments.study_2021 import STUDY
    from training.neural.progress import LiveProgress
    from training.tracking.port import tracker
    from training.tracking.rows import make_tracked

    told = tracker()
    for row in STUDY:
        with LiveProgress() as watcher:
            materials, workshop = _begin(watcher, **options)
            lack = None if finished(row, workshop.of(row)) else materials.lack(row.spec)
            result = None if lack else make_tracked(row, materials, workshop, told)
        click.echo(_line(result) if result else f"{row.name:<16} not run: needs {lack}")


def _begin(
    watcher: Watcher,
    *,
    registry: str | None,
    out: Path,
    encoder: Path | None,
    **files: Any,  # noqa: ANN401 - paths by option
) -> tuple[ExperimentInputs, RunContext]:
    from model_registry.store.registry import Registry
    from training.experiments.inputs import ExperimentInputs
    from training.experiments.run import RunContext

    store = Registry.open(registry or load_settings().registry.url)
    return ExperimentInputs(encoder=encoder, **files), RunContext(out, store, watcher)


def _line(result: ExperimentResult) -> str:
    test, study = result.metrics["test"], result.study
    return (
        f"{result.name:<16} AUC {test.auc:.4f} ({test.auc_ci[0]:.4f} to {test.auc_ci[1]:.4f})"
        f"{f', study {study.auc:.4f}' if study else ''}; accuracy {test.accuracy:.4f}"
        f"{f', study {study.accuracy:.4f}' if study else ''}; {result.parameters:,} parameters, "
        f"{result.rows:,} tweets, {result.cpu_seconds / 60:,.1f} CPU minutes"
    )
