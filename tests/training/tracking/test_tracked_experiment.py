from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from obstore.store import MemoryStore

from badbuzz.errors import Usage
from model_registry.store.registry import Registry

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.result import RESULT
from training.experiments.run import RunContext
from training.neural.observer import FittingObservers
from training.specs import NeuralSpec
from training.tracking.connect import connect_tracker
from training.tracking.port import NoOpTracker
from training.tracking.tracked_experiment import run_tracked_experiment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from training.experiments.experiment import Experiment

pytestmark = pytest.mark.tensorflow


def small(name: str) -> Experiment:
    experiment = find_experiment(name)
    spec = dataclasses.replace(experiment.spec, rows=400)
    if isinstance(spec, NeuralSpec):
        spec = dataclasses.replace(spec, epochs=2, batch_size=4, learning_rate=0.02)
    return dataclasses.replace(experiment, spec=spec)


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    return RunContext(tmp_path, Registry(MemoryStore()), FittingObservers())


def test_settings_metrics_and_result_of_a_linear_model_are_logged(
    file_store: MlflowClient, runs: Callable[[], list[Run]], data: Path, context: RunContext
) -> None:
    result = run_tracked_experiment(small("hashing_lr"), ExperimentInputs(data), context, connect_tracker())
    (run,) = runs()
    assert (run.info.run_name, run.info.status) == ("hashing_lr", "FINISHED")
    assert {"shared": "True", "rows": "400", "vectors": "1,024 hashes"}.items() <= run.data.params.items()
    assert run.data.metrics["final/test/auc"] == result.metrics["test"].auc
    assert run.data.metrics["parameters"] == result.parameters
    assert run.data.tags["data fingerprint"] == result.data_fingerprint
    assert [file.path for file in file_store.list_artifacts(run.info.run_id)] == [RESULT]


def test_the_curve_of_a_network_is_logged(
    file_store: MlflowClient, runs: Callable[[], list[Run]], data: Path, context: RunContext
) -> None:
    result = run_tracked_experiment(small("rnn_base"), ExperimentInputs(data), context, connect_tracker())
    (run,) = runs()
    curve = file_store.get_metric_history(run.info.run_id, "validation/auc")
    assert [(point.step, point.value) for point in curve] == [
        (round(point.epochs * 98), point.validation_auc) for point in result.curve
    ]
    losses = file_store.get_metric_history(run.info.run_id, "train/loss of one batch")
    assert [point.step for point in losses] == [50, 100, 150]


@pytest.mark.usefixtures("file_store")
def test_an_experiment_that_was_finished_without_a_tracker_is_logged_once(
    runs: Callable[[], list[Run]], data: Path, context: RunContext
) -> None:
    experiment, inputs = small("hashing_lr"), ExperimentInputs(data)
    before = run_tracked_experiment(experiment, inputs, context, NoOpTracker())
    for _ in range(2):
        assert run_tracked_experiment(experiment, inputs, context, connect_tracker()) == before
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.metrics["final/test/auc"] == before.metrics["test"].auc


@pytest.mark.usefixtures("file_store")
def test_an_experiment_whose_inputs_are_missing_is_not_logged(
    runs: Callable[[], list[Run]], data: Path, context: RunContext
) -> None:
    with pytest.raises(Usage, match="needs --glove"):
        run_tracked_experiment(small("glove_lstm"), ExperimentInputs(data), context, connect_tracker())
    assert runs() == []
