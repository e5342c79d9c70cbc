"""``badbuzz work`` end to end with models that have an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from model_registry.scoring.scorer import Scorer
from model_registry.scoring.sentence_encoder import SentenceEncoder
from model_registry.store.registry import Registry
from tests.badbuzz.cli.test_work import tweets
from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.worker.system import PARTITIONS, System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.servers.broker import Broker
    from model_registry.package.model_draft import ModelDraft

TWEETS = 300


@pytest.fixture
def system(kafka: Broker, new_topic: Callable[..., str], redis_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(kafka, new_topic(PARTITIONS), new_topic(1), redis_url, tmp_path)
    yield system
    system.close()


def drain(system: System, draft: ModelDraft, encoder: Path | None = None, **settings: str) -> None:
    """Drain a topic with a model, and compare the rows with its scores."""
    registry = Registry.open(str(system.folder / "registry"))
    ref = registry.register(draft)
    system.produce(tweets(0, TWEETS))
    settings["BADBUZZ_MODEL"] = str(ref)
    done = system.run("work", "--until-drained", "--health-port", "0", **settings)
    assert done.returncode == 0, done.stderr
    assert sum(part["totals"]["rows"] for part in system.verify()["partitions"]) == TWEETS
    rows = system.rows()
    assert set(rows["model"].to_pylist()) == {str(ref)}
    expected = Scorer.open(registry.load(ref), encoder=encoder).score(rows["text"])
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(rows["score"].to_numpy(), expected, rtol=0, atol=1e-5)


def test_a_transformer_drains_a_topic(system: System) -> None:
    drain(system, tiny_transformer_model.draft())


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_transformer_drains_a_topic_with_keras(system: System) -> None:
    pytest.importorskip("keras_hub")
    drain(system, tiny_transformer_model.draft(), BADBUZZ_ENGINE="tensorflow")


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_sentence_network_drains_a_topic_only_with_its_encoder(system: System, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_text")
    from tests.training import letter_count_encoder  # noqa: PLC0415 - needs TensorFlow

    folder = letter_count_encoder.write(tmp_path / "encoder")
    draft = tiny_sentence_model.draft(SentenceEncoder(folder).fingerprint)
    registry = Registry.open(str(system.folder / "registry"))
    other = registry.register(tiny_sentence_model.draft())
    without = system.run("work", "--until-drained", BADBUZZ_MODEL=str(other))
    assert without.returncode == 78
    assert "set BADBUZZ_ENCODER to the folder of its SavedModel" in without.stderr
    foreign = system.run("work", "--until-drained", BADBUZZ_MODEL=str(other), BADBUZZ_ENCODER=str(folder))
    assert foreign.returncode == 78
    assert "was trained with" in foreign.stderr
    drain(system, draft, folder, BADBUZZ_ENCODER=str(folder))
