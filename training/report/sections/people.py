"""What do people say who read the tweets, instead of the emoticons that labelled them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import spearmanr

from badbuzz.cleaning import to_arrow
from badbuzz.errors import DataRefused
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.evaluation import evaluate, wilson
from training.report import words
from training.report.charts.kinds import histogram
from training.report.document import Figure, Note, Section, Table

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.metrics import Metrics
    from training.report.charts.svg import Svg
    from training.report.document import Block
    from training.report.evidence import Evidence

_NEGATIVE, _NEUTRAL, _POSITIVE = 0, 2, 4
_BINS: Final = 20
_FEWEST: Final = 8
"""Tweets about a brand, below which its figures are noise and go under 'all others'."""

_OTHERS: Final = "all others"


def people(evidence: Evidence) -> Section:
    """Write results on the hand-labelled tweets, on the neutral ones among them, by brand, and on ratings."""
    sources = evidence.sources
    blocks = [
        *(
            _manual(evidence, sources.manual)
            if sources.manual
            else [Note("Hand-labelled tweets: not given (--manual).")]
        ),
        *(
            _ratings(evidence, sources.ratings)
            if sources.ratings
            else [Note("Rated tweets: not given (--ratings).")]
        ),
    ]
    return Section("people", "Labelled by people", tuple(blocks))


def _manual(evidence: Evidence, path: Path) -> list[Block]:
    frame = _read(path, ("polarity", "query", "text"))
    frame["score"] = evidence.deployed.scorer.score(to_arrow(frame["text"].tolist())).astype(np.float64)
    told = frame[frame["polarity"] != _NEUTRAL]
    neutral = frame.loc[frame["polarity"] == _NEUTRAL, "score"]
    return [
        Table(
            f"On the {len(told):,} tweets that people called negative or positive",
            _by_model(evidence, path, told),
        ),
        Note(
            f"{len(neutral):,} more were called neutral, for which no model here has a word. {evidence.deployed.name} calls "
            f"{int((neutral < 1 / 2).sum()):,} of them negative; their mean score is {neutral.mean():.3f}, and "
            f"{words.percent(float(neutral.between(0.25, 0.75).mean()))} lie between .25 and .75."
            if len(neutral)
            else "None of them is neutral."
        ),
        Figure("manual", "Scores of the deployed model by what people said.", tuple(_charts(frame))),
        Table("By brand or subject that was searched for", _by_brand(frame)),
    ]


def _by_model(evidence: Evidence, path: Path, told: pd.DataFrame) -> pd.DataFrame:
    deployed = evaluate((told["polarity"] == _POSITIVE).to_numpy().astype(np.int8), told["score"].to_numpy())
    rows = [_line("deployed", deployed)]
    rows += [_line(name, run.result.metrics.get(path.stem)) for name, run in evidence.runs.items()]
    return pd.DataFrame(rows)


def _line(name: str, metrics: Metrics | None) -> dict[str, str]:
    return {
        "row": name,
        "AUC (95 %)": words.interval(metrics.auc, metrics.auc_ci) if metrics else words.NOT_RUN,
        "accuracy (95 %)": words.interval(metrics.accuracy, metrics.accuracy_ci)
        if metrics
        else words.NOT_RUN,
    }


def _charts(frame: pd.DataFrame) -> list[Svg]:
    charts = []
    for polarity, name in ((_NEGATIVE, "negative"), (_NEUTRAL, "neutral"), (_POSITIVE, "positive")):
        counts, edges = np.histogram(frame.loc[frame["polarity"] == polarity, "score"], _BINS, (0, 1))
        charts.append(histogram(f"called {name} by people", "score", edges.tolist(), counts.tolist()))
    return charts


def _by_brand(frame: pd.DataFrame) -> pd.DataFrame:
    sizes = frame["query"].map(frame["query"].value_counts())
    brands = frame["query"].where(sizes >= _FEWEST, _OTHERS)
    groups = sorted(frame.groupby(brands), key=lambda item: (item[0] == _OTHERS, -len(item[1])))
    return pd.DataFrame([_brand(str(name), group) for name, group in groups])


def _brand(name: str, tweets: pd.DataFrame) -> dict[str, str]:
    told = tweets[tweets["polarity"] != _NEUTRAL]
    hits = int(((told["score"] >= 1 / 2) == (told["polarity"] == _POSITIVE)).sum())
    share = words.interval(hits / len(told), wilson(hits, len(told))) if len(told) else words.NONE
    return {
        "query": name,
        "negative": words.count((tweets["polarity"] == _NEGATIVE).sum()),
        "neutral": words.count((tweets["polarity"] == _NEUTRAL).sum()),
        "positive": words.count((tweets["polarity"] == _POSITIVE).sum()),
        "accuracy (95 %), neutral left out": share,
        "negative by the model": words.percent(float((tweets["score"] < 1 / 2).mean())),
    }


def _ratings(evidence: Evidence, path: Path) -> list[Block]:
    frame = _read(path, ("text", "mean_rating"))
    scores = evidence.deployed.scorer.score(to_arrow(frame["text"].tolist()))
    correlation = spearmanr(scores, frame["mean_rating"].to_numpy()).statistic
    labelled = read_labelled(path)
    metrics = evaluate(labelled.labels, evidence.deployed.scorer.score(labelled.texts))
    return [
        Note(
            f"{len(frame):,} tweets were rated by several people each. Between mean rating and score of "
            f"{evidence.deployed.name} the rank correlation is {correlation:.3f} (Spearman); on the {metrics.n:,} that are not "
            f"neutral its AUC is {words.interval(metrics.auc, metrics.auc_ci)}, its accuracy "
            f"{words.interval(metrics.accuracy, metrics.accuracy_ci)}."
        )
    ]


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=list(columns))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataRefused(
            f"{path}: expected Parquet with the columns {', '.join(columns)}: {error}"
        ) from None
