"""``badbuzz train``: vectors and models, from labelled tweets to a version in the registry."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from badbuzz.cli.train.azure import azure
from badbuzz.cli.train.rows import every, row, rows, teacher
from badbuzz.settings import load_settings

_FILE = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Train word vectors and models (needs the extra `training`)."""


for sub_command in (rows, row, every, teacher):
    command.add_command(sub_command)


@command.command()
@click.option(
    "--data",
    type=_FILE,
    required=True,
    help="Labelled tweets: Parquet or CSV, or a folder with train.parquet.",
)
@click.option(
    "--out", type=_FILE, required=True, help="Where to write the vectors (GloVe's text format, gzip)."
)
@click.option(
    "--dimensions", type=click.IntRange(1, 2_048), default=200, show_default=True, help="Numbers per word."
)
@click.option(
    "--epochs", type=click.IntRange(1), default=5, show_default=True, help="Passes over the tweets."
)
@click.option(
    "--min-count", type=click.IntRange(1), default=5, show_default=True, help="Drop words rarer than this."
)
def vectors(data: Path, out: Path, dimensions: int, epochs: int, min_count: int) -> None:
    """Learn Word2Vec (skip-gram) vectors from the training tweets."""
    from badbuzz.cleaning import STANDARD
    from training.data.dataset import training_texts
    from training.data.vectors import train_word2vec, write_vectors

    texts = training_texts(data, STANDARD)
    click.echo(f"learning vectors from {len(texts):,} tweets; about five minutes per million")
    learnt = train_word2vec(texts, dimensions=dimensions, epochs=epochs, min_count=min_count)
    write_vectors(out, learnt)
    click.echo(f"{len(learnt):,} words in {out}")


@command.command(name="lstm-glove")
@click.option(
    "--data", type=_FILE, required=True, help="A folder with train.parquet and test.parquet, or one file."
)
@click.option(
    "--vectors",
    type=_FILE,
    required=True,
    help="Vectors to start from, in GloVe's text format (plain or gzip).",
)
@click.option("--vectors-note", help="What the vectors are, for the manifest.  [default: the file's name]")
@click.option("--freeze/--fine-tune", default=None, help="Keep the vectors as they are, or train them too.")
@click.option("--rows", type=click.IntRange(1), help="Draw so many tweets.  [default: all]")
@click.option(
    "--epochs", type=click.IntRange(1), help="Most passes over the tweets; fitting may stop earlier."
)
@click.option("--batch-size", type=click.IntRange(1), help="Tweets per step.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="At the start; it falls to zero along half a cosine.",
)
@click.option(
    "--spatial-dropout",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the vectors' dimensions to leave out.",
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of units to leave out before and after Dense.",
)
@click.option("--vocabulary-size", type=click.IntRange(3), help="Most rows that the embedding may have.")
@click.option(
    "--shipped-size", type=click.IntRange(3), help="Rows of the embedding that are kept in the end."
)
@click.option("--seed", type=int, help="What the draw, the shuffling and the first weights depend on.")
@click.option(
    "--out", type=_FILE, default=Path("data/training/lstm-glove"), show_default=True, help="The run's folder."
)
@click.option("--resume", is_flag=True, help="Go on where the run in --out was stopped.")
@click.option(
    "--evaluate", "also", type=_FILE, multiple=True, help="One more labelled file to measure on (repeatable)."
)
@click.option("--registry", help="Registry to register the model in.  [default: the setting registry.url]")
def lstm_glove(
    data: Path,
    vectors: Path,
    vectors_note: str | None,
    out: Path,
    resume: bool,
    also: tuple[Path, ...],
    registry: str | None,
    **chosen: float | bool | None,
) -> None:
    """Train the study's GloVe LSTM, measure it on the test, and register it.

    What is not given is as for the deployed model. Ctrl-C is safe: --resume goes on from the last checkpoint. With
    MLFLOW_TRACKING_URI set, MLflow is told of it.
    """
    from badbuzz.clients.storage import open_store
    from model_registry.store.registry import Registry
    from training.data.dataset import load_dataset, load_labelled
    from training.export.recurrent import draft, shrink
    from training.neural.progress import LiveProgress
    from training.neural.recurrent import Sources, train
    from training.neural.watcher import Watchers
    from training.specs import LSTM_GLOVE
    from training.tracking.port import Outcome, tracker

    changes: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    spec = dataclasses.replace(LSTM_GLOVE, **changes)
    store = Registry(open_store(registry or load_settings().registry.url))
    out.mkdir(parents=True, exist_ok=True)
    dataset = load_dataset(data, spec.rules, rows=spec.rows, seed=spec.seed)
    with tracker().run(out, spec.name, dataclasses.asdict(spec)) as run:
        with LiveProgress() as progress:
            watcher = Watchers((progress, run))
            trained = train(spec, Sources(dataset, vectors), out, resume=resume, watcher=watcher)
        finished = draft(
            trained,
            shrink(trained, spec.shipped_size),
            vectors=vectors_note or vectors.name,
            also={path.stem: load_labelled(path, spec.rules) for path in also},
        )
        version = store.register(finished)
        run.conclude(Outcome(finished.metrics, {"version": str(version)}))
    for name, result in finished.metrics.items():
        click.echo(f"{name}: accuracy {result.accuracy:.4f}, AUC {result.auc:.4f}, {result.n:,} tweets")
    click.echo(finished.training.notes)
    click.echo(f"registered as {version}")


command.add_command(azure)
