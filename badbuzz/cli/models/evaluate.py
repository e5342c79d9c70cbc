"""``badbuzz models evaluate``: the quality and the speed of a model on a labelled file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from badbuzz.cli.options import open_registry, registry_option
from badbuzz.errors import Misconfigured
from badbuzz.settings import EngineName, load_settings

if TYPE_CHECKING:
    from badbuzz.labelled.labelled_file import LabelledTweets
    from model_registry.package.package import LoadedModel


@click.command(short_help="Score a labelled file: accuracy, AUC, their intervals, tweets/s.")
@click.argument("ref")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--engine", type=click.Choice(get_args(EngineName)), help="[default: BADBUZZ_ENGINE]")
@registry_option
def evaluate(
    registry_url: str | None, ref: str, file: Path, as_json: bool, engine: EngineName | None
) -> None:
    """Score the labelled tweets in FILE with the model REF, and compare scores and labels.

    REF is NAME@ALIAS, NAME:VERSION, or a model's directory. FILE is CSV (Sentiment140's six columns, or named ones)
    or Parquet, plain, gzipped or zipped, with a text and a label: 0/4, 0/1 or NEGATIVE/POSITIVE. In a zip archive the
    largest .csv is read. Neutral tweets are skipped. Tweets of which the model can read nothing are included, as in
    the metrics of a model card, although workers give them no label. Intervals are 95 %.
    """
    from badbuzz.labelled.labelled_file import read_labelled
    from model_registry.evaluation import evaluate as compare
    from model_registry.scoring.scorer import Scorer

    settings = load_settings()
    model = _load_model(ref, registry_url)
    scorer = Scorer.open(model, engine or settings.engine, settings.threads, settings.encoder)
    tweets = read_labelled(file)
    _report_skipped(tweets)
    scorer.score(tweets.texts.slice(0, 1))  # engines make their plans in the first call
    started = time.perf_counter()
    scores = scorer.score_texts(tweets.texts)
    rate = len(tweets.texts) / (time.perf_counter() - started)
    unread = int(scores.unread.sum())
    metrics = compare(tweets.labels, scores.probabilities, scorer.threshold)
    if as_json:
        click.echo(
            json.dumps(
                metrics.model_dump(exclude={"confusion"})
                | {"unread": unread, "tweets_per_second": round(rate, 1)}
            )
        )
        return
    from badbuzz.cli.models.tables import print_evaluation

    print_evaluation(scorer.model, str(file), metrics, unread, rate)


def _load_model(ref: str, registry_url: str | None) -> LoadedModel:
    from model_registry.package.directory import read_directory
    from model_registry.package.refs import is_ref

    if is_ref(ref):
        registry = open_registry(registry_url)
        return registry.load(registry.resolve(ref))
    path = Path(ref)
    if not path.is_dir():
        raise Misconfigured(f"model {ref!r}: expected NAME@ALIAS, NAME:VERSION or the directory of a model")
    return read_directory(path).open(ref)


def _report_skipped(tweets: LabelledTweets) -> None:
    for count, what in ((tweets.neutral, "neutral tweets"), (tweets.malformed, "malformed rows")):
        if count:
            click.echo(f"skipped: {count:,} {what}", err=True)
