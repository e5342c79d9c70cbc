"""``badbuzz train vectors``: word vectors from the training tweets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from badbuzz.cli.options import FILE, LARGEST

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option(
    "--data",
    type=FILE,
    required=True,
    help="Labelled tweets: Parquet or CSV, or a folder with train.parquet.",
)
@click.option(
    "--out", type=FILE, required=True, help="Where to write the vectors (GloVe's text format, gzip)."
)
@click.option(
    "--dimensions", type=click.IntRange(1, 2_048), default=200, show_default=True, help="Numbers per word."
)
@click.option(
    "--epochs", type=click.IntRange(1, LARGEST), default=5, show_default=True, help="Passes over the tweets."
)
@click.option(
    "--min-count",
    type=click.IntRange(1, LARGEST),
    default=5,
    show_default=True,
    help="Drop words rarer than this.",
)
def vectors(data: Path, out: Path, dimensions: int, epochs: int, min_count: int) -> None:
    """Learn Word2Vec (skip-gram) vectors from the training tweets."""
    from badbuzz.cleaning import STANDARD
    from training.data.dataset import load_training_texts
    from training.data.vectors import train_word2vec, write_vectors

    texts = load_training_texts(data, STANDARD)
    click.echo(f"learning vectors from {len(texts):,} tweets; about five minutes per million")
    learnt = train_word2vec(texts, dimensions=dimensions, epochs=epochs, min_count=min_count)
    write_vectors(out, learnt)
    click.echo(f"{len(learnt):,} words in {out}")
