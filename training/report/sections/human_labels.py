"""How do the models do on tweets that were labelled by people instead of by their emoticons?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import spearmanr

from badbuzz.cleaning import to_arrow
from badbuzz.errors import DataRefused
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.evaluation import evaluate, wilson_interval
from training.report.charts import draw_histograms
from training.report.document import CaptionedChart, Paragraph, Section, Table
from training.report.formatting import NONE, format_count, format_interval, format_metrics
from training.report.report_data import DEPLOYED
from training.report.scores import THRESHOLD

if TYPE_CHECKING:
    from pathlib import Path

    from training.report.charts import Chart
    from training.report.document import Block
    from training.report.report_data import ReportData

_NEGATIVE, _NEUTRAL, _POSITIVE = 0, 2, 4
_BINS: Final = 20
_FEWEST_TWEETS: Final = 8
"""Brands with fewer tweets are summed up as 'all others': their figures would be noise."""

_OTHERS: Final = "all others"


def write_human_labels(data: ReportData) -> Section:
    """Write results on the hand-labelled tweets, by model and by brand, and on the rated tweets."""
    manual, ratings = data.files.manual, data.files.ratings
    blocks = (
        _compare_manual(data, manual)
        if manual
        else [Paragraph("Hand-labelled tweets: not given (--manual).")]
    )
    rated = _compare_ratings(data, ratings) if ratings else Paragraph("Rated tweets: not given (--ratings).")
    return Section("human-labels", "Tweets labelled by people", (*blocks, rated))


def _compare_manual(data: ReportData, path: Path) -> list[Block]:
    frame = _read_columns(path, ("polarity", "query", "text"))
    frame["score"] = data.deployed.scorer.score(to_arrow(frame["text"].tolist())).astype(np.float64)
    polar = frame[frame["polarity"] != _NEUTRAL]
    return [
        Table(
            f"On the {len(polar):,} tweets that people called negative or positive",
            _tabulate_models(data, path.stem, polar),
        ),
        Paragraph(_describe_neutral(data.deployed.name, frame.loc[frame["polarity"] == _NEUTRAL, "score"])),
        CaptionedChart(
            "manual", "Scores of the deployed model by the label that people gave.", _draw_scores(frame)
        ),
        Table("By brand or subject that was searched for", _tabulate_brands(frame)),
    ]


def _describe_neutral(model: str, scores: pd.Series[float]) -> str:
    if scores.empty:
        return "No tweet was called neutral."
    return (
        f"Another {len(scores):,} tweets were called neutral, which is not a class of any model here. {model} calls "
        f"{int((scores < THRESHOLD).sum()):,} of them negative; their mean score is {scores.mean():.3f}, and "
        f"{scores.between(0.25, 0.75).mean():.1%} of the scores lie between .25 and .75."
    )


def _tabulate_models(data: ReportData, labelled_set: str, polar: pd.DataFrame) -> list[dict[str, str]]:
    labels = (polar["polarity"] == _POSITIVE).to_numpy().astype(np.int8)
    deployed = evaluate(labels, polar["score"].to_numpy())
    rows = [{"experiment": DEPLOYED, **format_metrics(deployed)}]
    rows += [
        {"experiment": name, **format_metrics(one.result.metrics.get(labelled_set))}
        for name, one in data.finished.items()
    ]
    return rows


def _draw_scores(frame: pd.DataFrame) -> Chart:
    panels = {}
    for polarity, name in ((_NEGATIVE, "negative"), (_NEUTRAL, "neutral"), (_POSITIVE, "positive")):
        counts, edges = np.histogram(frame.loc[frame["polarity"] == polarity, "score"], _BINS, (0, 1))
        panels[f"called {name} by people"] = (edges.tolist(), counts.tolist())
    return draw_histograms(
        "Histograms of the deployed model's scores for tweets that people called negative, neutral and positive",
        panels,
        "score",
    )


def _tabulate_brands(frame: pd.DataFrame) -> list[dict[str, str]]:
    sizes = frame["query"].map(frame["query"].value_counts())
    brands = frame["query"].where(sizes >= _FEWEST_TWEETS, _OTHERS)
    groups = sorted(frame.groupby(brands), key=lambda item: (item[0] == _OTHERS, -len(item[1])))
    return [_brand_row(str(name), group) for name, group in groups]


def _brand_row(name: str, tweets: pd.DataFrame) -> dict[str, str]:
    polar = tweets[tweets["polarity"] != _NEUTRAL]
    hits = int(((polar["score"] >= THRESHOLD) == (polar["polarity"] == _POSITIVE)).sum())
    accuracy = format_interval(hits / len(polar), wilson_interval(hits, len(polar))) if len(polar) else NONE
    return {
        "query": name,
        "negative": format_count((tweets["polarity"] == _NEGATIVE).sum()),
        "neutral": format_count((tweets["polarity"] == _NEUTRAL).sum()),
        "positive": format_count((tweets["polarity"] == _POSITIVE).sum()),
        "accuracy (95 %), without neutral": accuracy,
        "negative by the model": f"{(tweets['score'] < THRESHOLD).mean():.1%}",
    }


def _compare_ratings(data: ReportData, path: Path) -> Paragraph:
    frame = _read_columns(path, ("text", "mean_rating"))
    scores = data.deployed.scorer.score(to_arrow(frame["text"].tolist()))
    correlation = spearmanr(scores, frame["mean_rating"].to_numpy()).statistic
    labelled = read_labelled(path)
    metrics = evaluate(labelled.labels, data.deployed.scorer.score(labelled.texts))
    return Paragraph(
        f"Several people rated each of {len(frame):,} other tweets. Spearman's rank correlation of mean rating and score of "
        f"{data.deployed.name} is {correlation:.3f}. On the {metrics.n:,} tweets that are not neutral its AUC is "
        f"{format_interval(metrics.auc, metrics.auc_ci)} and its accuracy "
        f"{format_interval(metrics.accuracy, metrics.accuracy_ci)}."
    )


def _read_columns(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=list(columns))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataRefused(
            f"{path}: expected Parquet with the columns {', '.join(columns)}: {error}"
        ) from None
