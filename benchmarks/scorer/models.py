"""The speed of other models beside the shipped one: tweets per CPU second in the worker's default engine, one thread.

``python -m benchmarks.scorer.models`` measures the shapes of :mod:`training.experiments.beyond` with random weights, since
speed depends on shapes alone; ``python -m benchmarks.scorer.models FOLDER …`` measures model directories.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from badbuzz.cleaning import STANDARD
from benchmarks.load.texts import make_arrow_texts
from model_registry.bundled import list_bundled_models
from model_registry.networks.ngram_term import NGRAM_FINGERPRINTS
from model_registry.package.directory import read_directory
from model_registry.package.manifest import Training
from model_registry.package.model_draft import ModelDraft, pack
from model_registry.scoring.scorer import Scorer
from model_registry.text.ngrams import FINGERPRINTS
from training.experiments.beyond import HASHED, WIDE_DEEP

if TYPE_CHECKING:
    from model_registry.networks.kinds import Network
    from model_registry.package.package import LoadedModel

SIZE = 4_096
ROUNDS = 9


def measure_models(models: dict[str, LoadedModel]) -> dict[str, dict[str, float]]:
    """Return tweets per CPU second of each, and relative to the shipped model: medians of rounds that take turns."""
    folder = list_bundled_models()[0]
    loaded_models = {"shipped": read_directory(folder).open(str(folder)), **models}
    scorers = {name: Scorer.open(loaded_model) for name, loaded_model in loaded_models.items()}
    texts = make_arrow_texts(SIZE)
    for scorer in scorers.values():
        scorer.score(texts)
    rates: dict[str, list[float]] = {name: [] for name in scorers}
    for _ in range(ROUNDS):
        for name, scorer in scorers.items():
            started = time.process_time()
            scorer.score(texts)
            rates[name].append(SIZE / (time.process_time() - started))
    found = {name: statistics.median(measured) for name, measured in rates.items()}
    results = {name: {"rate": rate, "ratio": rate / found["shipped"]} for name, rate in found.items()}
    for name, result in results.items():
        print(
            f"{name}: {result['rate']:,.0f} tweets per CPU second, {result['ratio']:.2f} of the shipped model"
        )
    return results


def make_random_models() -> dict[str, LoadedModel]:
    """Return models of the shapes beyond the study, with the shipped model's vocabulary."""
    folder = list_bundled_models()[0]
    shipped = read_directory(folder).open(str(folder))
    size = shipped.vocabulary.size
    deep = WIDE_DEEP.network(size, WIDE_DEEP.own_dimensions)
    networks: dict[str, Network] = {
        "deep": deep.model_copy(update={"ngram_term": None}),
        "wide and deep": deep,
        "hashed": HASHED.network(size),
    }
    return {name: _make_model(name.replace(" ", "_"), network, shipped) for name, network in networks.items()}


def _make_model(name: str, network: Network, like: LoadedModel) -> LoadedModel:
    random = np.random.default_rng(1)
    draft = ModelDraft(
        name=name,
        network=network,
        cleaning=STANDARD,
        tensors={
            tensor: (
                random.integers(FINGERPRINTS, size=shape)
                if tensor == NGRAM_FINGERPRINTS
                else random.normal(0, 0.05, shape)
            ).astype(np.float32)
            for tensor, shape in network.tensor_shapes().items()
        },
        vocabulary=like.vocabulary,
        metrics={},
        training=Training(
            created_at=datetime.now(UTC),
            software="benchmark",
            data_fingerprint="none",
            data_terms="none",
            vectors="random",
        ),
    )
    return pack(draft).open()


if __name__ == "__main__":
    given = {folder: read_directory(Path(folder)).open(folder) for folder in sys.argv[1:]}
    print(json.dumps(measure_models(given or make_random_models())))
