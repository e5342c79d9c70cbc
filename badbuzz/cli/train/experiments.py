"""``badbuzz train list|run|all|teacher``: the experiments of the comparison table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from badbuzz.cli.options import FILE, apply_options, folder_option, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from badbuzz.cli.options import Decorator
    from training.experiments.inputs import ExperimentInputs
    from training.experiments.result import ExperimentResult
    from training.experiments.run import RunContext
    from training.neural.observer import FittingObserver

_OUT = folder_option(
    "--out", default="data/training/rows", text="The folder that holds a folder for each experiment."
)


def _inputs(function: Callable[..., Any]) -> Callable[..., Any]:
    options: list[Decorator] = [
        click.option(
            "--data",
            type=FILE,
            required=True,
            help="A folder with train.parquet and test.parquet, or one file.",
        ),
        click.option("--word2vec", type=FILE, help="Word2Vec vectors (`badbuzz train vectors`)."),
        click.option("--glove", type=FILE, help="Vectors in GloVe's text format (plain or gzip)."),
        click.option(
            "--encoder", type=FILE, help="Sentence encoder for use_lite_dense: a SavedModel's folder."
        ),
        click.option(
            "--transformer", type=FILE, help="Encoder for minilm_finetuned, in Hugging Face's layout."
        ),
        click.option(
            "--evaluate",
            "also",
            type=FILE,
            multiple=True,
            help="One more labelled file to measure on (repeatable).",
        ),
        click.option("--registry", help="Where to register models.  [default: the setting registry.url]"),
        _OUT,
    ]
    return apply_options(function, options)


@click.command(name="list")
@_OUT
def list_experiments(out: Path) -> None:
    """List all experiments and their results."""
    from training.experiments.beyond import BEYOND
    from training.experiments.result import ExperimentResult
    from training.experiments.study_2021 import STUDY

    for experiment in (*STUDY, *BEYOND):
        result = ExperimentResult.read(out / experiment.name)
        figures = experiment.study_figures
        study = f" (study: AUC {figures.auc:.4f})" if figures else ""
        click.echo(_line(result) if result else f"{experiment.name:<16} not finished{study}")


@click.command()
@click.argument("name")
@_inputs
@click.option(
    "--teacher",
    "teachers",
    type=FILE,
    multiple=True,
    help="A file of teacher's scores, for distilled and stacked models (`badbuzz train teacher`; repeatable).",
)
def run(name: str, **options: Any) -> None:  # noqa: ANN401 - see _prepare
    """Fit, measure and register one model.

    NAME is an experiment of `badbuzz train list`. An interrupted run continues from its last checkpoint. If
    the experiment is finished, only its result is shown. With MLFLOW_TRACKING_URI set, the run is logged to MLflow.
    """
    from training.experiments.beyond import find_experiment
    from training.neural.progress_bar import ProgressBar
    from training.tracking.connect import connect_tracker
    from training.tracking.tracked_experiment import run_tracked_experiment

    with ProgressBar() as observer:
        inputs, context = _prepare(observer, **options)
        result = run_tracked_experiment(find_experiment(name), inputs, context, connect_tracker())
    click.echo(_line(result))


@click.command()
@click.argument("name")
@_inputs
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    default=2,
    show_default=True,
    help="Models to fit, each on the other folds.",
)
def teacher(name: str, folds: int, **options: Any) -> None:  # noqa: ANN401 - see _prepare
    """Write scores that other models learn from.

    The model of the experiment NAME scores every training tweet, fitted on folds that do not contain the tweet. Distilled
    and stacked models take the scores by --teacher. An interrupted run continues from its last checkpoint.
    """
    from training.experiments.beyond import find_experiment
    from training.experiments.teacher_scores import make_teacher_scores
    from training.neural.progress_bar import ProgressBar

    with ProgressBar() as observer:
        inputs, context = _prepare(observer, **options)
        path = make_teacher_scores(find_experiment(name), inputs, context.folder, observer, folds=folds)
    click.echo(f"wrote {path}")


@click.command(name="all")
@_inputs
def run_all(**options: Any) -> None:  # noqa: ANN401 - see _prepare
    """Run the experiments of the study.

    Cheap ones run first. Finished experiments are skipped, an interrupted one continues. Experiments whose vectors are
    not given are reported as not run. With MLFLOW_TRACKING_URI set, all are logged to MLflow, including those that were
    finished before.
    """
    from training.experiments.run import read_finished
    from training.experiments.study_2021 import STUDY
    from training.neural.progress_bar import ProgressBar
    from training.tracking.connect import connect_tracker
    from training.tracking.tracked_experiment import run_tracked_experiment

    tracker = connect_tracker()
    for experiment in STUDY:
        with ProgressBar() as observer:
            inputs, context = _prepare(observer, **options)
            finished = read_finished(experiment, context.get_folder(experiment))
            missing = None if finished else inputs.missing_option(experiment.spec)
            result = None if missing else run_tracked_experiment(experiment, inputs, context, tracker)
        click.echo(_line(result) if result else f"{experiment.name:<16} not run: needs {missing}")


def _prepare(
    observer: FittingObserver,
    *,
    registry: str | None,
    out: Path,
    encoder: Path | None,
    **files: Any,  # noqa: ANN401 - paths by option
) -> tuple[ExperimentInputs, RunContext]:
    from training.experiments.inputs import ExperimentInputs
    from training.experiments.run import RunContext

    return ExperimentInputs(encoder=encoder, **files), RunContext(out, open_registry(registry), observer)


def _line(result: ExperimentResult) -> str:
    test, study = result.metrics["test"], result.study
    return (
        f"{result.name:<16} AUC {test.auc:.4f} ({test.auc_ci[0]:.4f} to {test.auc_ci[1]:.4f})"
        f"{f', study {study.auc:.4f}' if study else ''}; accuracy {test.accuracy:.4f}"
        f"{f', study {study.accuracy:.4f}' if study else ''}; {result.parameters:,} parameters, "
        f"{result.rows:,} tweets, {result.cpu_seconds / 60:,.1f} CPU minutes"
    )
