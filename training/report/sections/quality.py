"""Can the probabilities be trusted, and how do the errors divide?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from model_registry.evaluation import evaluate
from training.report import words
from training.report.charts.frame import Axis, Frame
from training.report.charts.kinds import Line, lines
from training.report.document import Figure, Note, Section, Table
from training.report.scored import BINS, expected_calibration_error, reliability, roc

if TYPE_CHECKING:
    from training.report.charts.svg import Svg
    from training.report.evidence import Evidence
    from training.report.scored import Scored

_FEWEST: Final = 30
"""Tweets in a bin, below which its share says next to nothing and is not drawn."""


def quality(evidence: Evidence) -> Section:
    """Write ROC and calibration plots, and the confusion matrices."""
    deployed = evidence.deployed.test
    models = {name: run.test for name, run in evidence.runs.items()} | {"deployed": deployed}
    blocks = (
        Figure(
            "roc",
            "ROC curves: each model (coloured) over the deployed one (grey).",
            tuple(_roc(name, scored, deployed) for name, scored in models.items()),
        ),
        Note(
            f"Counters add probabilities up, so these must mean what they say. Calibration error: the mean distance between the "
            f"mean score and the share of positive tweets over {BINS} bins of equal width, weighted by tweets; below .02 "
            "is the aim. Mind that half of the test is positive, which no stream is."
        ),
        Figure(
            "calibration",
            "Calibration: of the tweets that were given a score, how many are positive. On the dashed line: as many as it says.",
            tuple(_calibration(name, scored) for name, scored in models.items()),
        ),
        Table("At the threshold of .5, and calibration", _table(models)),
    )
    return Section("quality", "ROC, calibration and confusion", blocks)


def _roc(name: str, scored: Scored, deployed: Scored) -> Svg:
    frame = Frame(name, Axis("false positive rate", 0, 1), Axis("true positive rate", 0, 1))
    drawn = [Line(list(zip(*roc(scored), strict=True)), "main")]
    if scored is not deployed:
        drawn.append(Line(list(zip(*roc(deployed), strict=True)), "other"))
    return lines(frame, drawn, diagonal=True)


def _calibration(name: str, scored: Scored) -> Svg:
    bins = reliability(scored)
    shown = bins[bins["n"] >= _FEWEST]
    frame = Frame(
        f"{name}: error {expected_calibration_error(scored):.3f}",
        Axis("score", 0, 1),
        Axis("share that is positive", 0, 1),
    )
    points = list(zip(shown["score"].tolist(), shown["are"].tolist(), strict=True))
    return lines(frame, [Line(points, "main", dots=True)] if points else [], diagonal=True)


def _table(models: dict[str, Scored]) -> pd.DataFrame:
    return pd.DataFrame([_line(name, scored) for name, scored in models.items()])


def _line(name: str, scored: Scored) -> dict[str, str]:
    cells = evaluate(scored.labels, scored.scores).confusion
    return {
        "row": name,
        "negative, called so": words.count(cells.tn),
        "negative, called positive": words.count(cells.fp),
        "positive, called negative": words.count(cells.fn),
        "positive, called so": words.count(cells.tp),
        "true positive rate": words.share(cells.tp / (cells.tp + cells.fn)),
        "false positive rate": words.share(cells.fp / (cells.fp + cells.tn)),
        "calibration error": words.share(expected_calibration_error(scored)),
    }
