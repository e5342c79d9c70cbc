"""The data of the report: results of training, and what is measured now with registered models."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from badbuzz.errors import DataRefused, Misconfigured
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.evaluation import evaluate
from model_registry.scoring.scorer import Scorer
from training.azure.measurement import read_measurements
from training.report.finished_experiments import read_finished_experiments
from training.report.scores import LabelledScores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from badbuzz.labelled.labelled_file import LabelledTweets
    from model_registry.networks.kinds import Network
    from model_registry.package.manifest import Manifest
    from model_registry.package.metrics import Metrics
    from model_registry.store.registry import Registry
    from training.azure.measurement import FormMeasurement
    from training.report.finished_experiments import FinishedExperiment

DEPLOYED: Final = "deployed"
"""The deployed model's name in tables and charts."""

_TIMED_TWEETS: Final = 10_000
_TIMED_TWEETS_WITH_ENCODER: Final = 500
"""Tweets whose scoring is timed: a few seconds of processor time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Folders of the experiments and of Azure's measurements, and files of tweets.

    ``train`` is read for class balance and lengths only. ``manual`` has the columns polarity, query and text; ``ratings``
    has text, label and mean_rating.
    """

    experiments: Path
    azure: Path
    test: Path
    train: Path | None = None
    manual: Path | None = None
    ratings: Path | None = None


@dataclass(frozen=True, slots=True)
class DeployedModel:
    """The model that the others are compared with, as it is shipped, and its scores of the test."""

    manifest: Manifest
    scorer: Scorer
    test_scores: LabelledScores

    @property
    def name(self) -> str:
        """Name and version."""
        return self.scorer.model

    @property
    def test_metrics(self) -> Metrics:
        """Its metrics on the test, as it is shipped."""
        return evaluate(self.test_scores.labels, self.test_scores.scores)


@dataclass(frozen=True, slots=True)
class ReportData:
    """The input of all sections.

    ``networks`` are those of registered models, by experiment. ``cpu_seconds`` is processor time for a million tweets, from
    raw text to score, by experiment and for the deployed model; an experiment without a registered model is missing.
    ``untimed`` says why a registered model could not be loaded or opened.
    """

    files: ReportFiles
    finished: Mapping[str, FinishedExperiment]
    azure: tuple[FormMeasurement, ...]
    test: LabelledTweets
    deployed: DeployedModel
    networks: Mapping[str, Network]
    cpu_seconds: Mapping[str, float]
    untimed: Mapping[str, str]

    @property
    def test_scores(self) -> dict[str, LabelledScores]:
        """All models' scores of the test, by name."""
        return {name: one.test_scores for name, one in self.finished.items()} | {
            DEPLOYED: self.deployed.test_scores
        }


def load_report_data(
    files: ReportFiles, registry: Registry, deployed: str, encoder: Path | None = None
) -> ReportData:
    """Read the files, score the test with the model ``deployed``, and time all registered models.

    ``encoder`` is the folder of a sentence encoder. Models that need another encoder are not timed.

    :raises DataRefused: if a file has the wrong format, or an experiment was measured on another test.
    :raises Misconfigured: if the deployed model does not exist.
    """
    test = read_labelled(files.test)
    finished = read_finished_experiments(files.experiments)
    for name, one in finished.items():
        if not np.array_equal(one.test_scores.labels, test.labels):
            raise DataRefused(
                f"{files.experiments / name}: was measured on another test than {files.test}; pass that test"
            )
    loaded = registry.load(registry.resolve(deployed))
    scorer = Scorer.open(loaded, encoder=encoder)
    scores = LabelledScores(test.labels, scorer.score(test.texts))
    networks: dict[str, Network] = {}
    cpu_seconds = {scorer.model: _time_scorer(scorer, loaded.manifest.network, test.texts)}
    untimed: dict[str, str] = {}
    for name, one in finished.items():
        if one.result.version is None:
            continue
        try:
            registered = registry.load(registry.resolve(one.result.version))
            networks[name] = registered.manifest.network
            opened = Scorer.open(registered, encoder=encoder)
        except Misconfigured as error:  # such as a missing encoder
            untimed[name] = str(error)
        else:
            cpu_seconds[name] = _time_scorer(opened, networks[name], test.texts)
    return ReportData(
        files=files,
        finished=finished,
        azure=read_measurements(files.azure),
        test=test,
        deployed=DeployedModel(loaded.manifest, scorer, scores),
        networks=networks,
        cpu_seconds=cpu_seconds,
        untimed=untimed,
    )


def _time_scorer(scorer: Scorer, network: Network, texts: pa.ChunkedArray) -> float:
    """Return processor seconds, of all threads, for cleaning, encoding and scoring a million such texts."""
    texts = texts.slice(0, _TIMED_TWEETS_WITH_ENCODER if network.has_encoder else _TIMED_TWEETS)
    scorer.score(texts.slice(0, 1))  # the first call includes the engine's set-up
    before = time.process_time()
    scorer.score(texts)
    return (time.process_time() - before) / len(texts) * 1e6
