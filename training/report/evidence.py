"""All that the report tells, gathered: what training left, and what is measured now with models that can be deployed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from badbuzz.errors import DataRefused, Misconfigured, ModelRefused
from badbuzz.labelled.labelled_file import read_labelled
from model_registry.scoring.scorer import Scorer
from training.azure.rows import read_rows
from training.report.runs import read_runs
from training.report.scored import Scored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from badbuzz.labelled.labelled_file import LabelledTweets
    from model_registry.networks.kinds import Network
    from model_registry.package.loaded_model import LoadedModel
    from model_registry.package.manifest import Manifest
    from model_registry.store.registry import Registry
    from training.azure.rows import Row as AzureRow
    from training.report.runs import Run

_TIMED: Final = 10_000
_TIMED_WITH_ENCODER: Final = 500
"""Tweets whose scoring is timed: a second or a few of processor time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where things are: folders of finished rows and of the service's, and files of tweets.

    ``train`` is only looked at for its balance and lengths. ``manual`` has the columns polarity, query and text;
    ``ratings`` text, label and mean_rating.
    """

    rows: Path
    azure: Path
    test: Path
    train: Path | None = None
    manual: Path | None = None
    ratings: Path | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """The model that the others are compared with, as it is shipped, and its scores on the test."""

    manifest: Manifest
    scorer: Scorer
    test: Scored

    @property
    def name(self) -> str:
        """Name and version."""
        return self.scorer.model


@dataclass(frozen=True, slots=True)
class Evidence:
    """What sections of the report are written from.

    ``networks`` are those of the models that rows registered, by row. ``pace`` is processor time in seconds for a
    million tweets, from raw text to score, by the name of a row or the deployed model; rows that no worker can score
    with are not in it. ``untimed`` says why a row's registered model could not be loaded or opened.
    """

    sources: Sources
    runs: Mapping[str, Run]
    azure: tuple[AzureRow, ...]
    test: LabelledTweets
    deployed: Deployed
    networks: Mapping[str, Network]
    pace: Mapping[str, float]
    untimed: Mapping[str, str]


def gather(sources: Sources, registry: Registry, deployed: str, encoder: Path | None = None) -> Evidence:
    """Read what there is, and score the test with the model that ``deployed`` names.

    ``encoder`` is the folder of a sentence encoder; models that need another one, or any, are not timed then.

    :raises DataRefused: if a file is not what it should be, or a row was measured on another test.
    :raises Misconfigured: if there is no such model.
    """
    test = read_labelled(sources.test)
    runs = read_runs(sources.rows)
    for name, run in runs.items():
        if not np.array_equal(run.test.labels, test.labels):
            raise DataRefused(
                f"{sources.rows / name}: was measured on another test than {sources.test}; give that one"
            )
    artifact = registry.load(registry.resolve(deployed))
    scorer = Scorer.open(artifact, encoder=encoder)
    model = Deployed(artifact.manifest, scorer, Scored(test.labels, scorer.score(test.texts)))
    artifacts, unloaded = _artifacts(runs, registry)
    scorers, unopened = _scorers(artifacts, encoder)
    networks = {name: one.manifest.network for name, one in artifacts.items()}
    pace = {model.name: _pace(scorer, artifact.manifest.network, test.texts)}
    pace |= {name: _pace(one, networks[name], test.texts) for name, one in scorers.items()}
    return Evidence(
        sources=sources,
        runs=runs,
        azure=read_rows(sources.azure),
        test=test,
        deployed=model,
        networks=networks,
        pace=pace,
        untimed=unloaded | unopened,
    )


def cpu_seconds_per_million(scorer: Scorer, texts: pa.ChunkedArray) -> float:
    """Time cleaning, encoding and scoring, in seconds of processor time of all threads for a million such texts."""
    scorer.score(texts.slice(0, 1))  # engines make their plans at the first call
    before = time.process_time()
    scorer.score(texts)
    return (time.process_time() - before) / len(texts) * 1e6


def _pace(scorer: Scorer, network: Network, texts: pa.ChunkedArray) -> float:
    timed = _TIMED_WITH_ENCODER if network.has_encoder else _TIMED
    return cpu_seconds_per_million(scorer, texts.slice(0, timed))


def _artifacts(runs: Mapping[str, Run], registry: Registry) -> tuple[dict[str, LoadedModel], dict[str, str]]:
    """Load the models that rows registered, and say why where that failed."""
    loaded, failed = {}, {}
    for name, run in runs.items():
        if run.result.version is None:
            continue
        try:
            loaded[name] = registry.load(registry.resolve(run.result.version))
        except (Misconfigured, ModelRefused) as error:
            failed[name] = str(error)
    return loaded, failed


def _scorers(
    artifacts: Mapping[str, LoadedModel], encoder: Path | None
) -> tuple[dict[str, Scorer], dict[str, str]]:
    """Open models, and say why where that failed: one may need an encoder that is not given."""
    opened, failed = {}, {}
    for name, artifact in artifacts.items():
        try:
            opened[name] = Scorer.open(artifact, encoder=encoder)
        except Misconfigured as error:
            failed[name] = str(error)
    return opened, failed
