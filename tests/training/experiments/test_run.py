"""Experiments with few tweets: each kind of model is fitted, measured, registered, and not run again."""

from __future__ import annotations

import dataclasses
import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
from obstore.store import MemoryStore
from safetensors.numpy import load_file

from badbuzz.errors import Misconfigured, Usage
from badbuzz.settings import EngineName
from model_registry.evaluation import evaluate
from model_registry.package.refs import ModelRef, parse_ref
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from tests.training import letter_count_encoder
from training.experiments import run
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.result import SCORES, ExperimentResult
from training.experiments.run import RunContext, read_finished, run_experiment
from training.experiments.teacher_scores import make_teacher_scores
from training.neural.observer import FittingObservers
from training.specs import ModelSpec, NeuralSpec, NgramSpec, StackedSpec, WideDeepSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.experiments.experiment import Experiment

pytestmark = pytest.mark.tensorflow

_Spec = TypeVar("_Spec", bound=ModelSpec)
WIDE_DEEP = "tweet_sentiment_wide_deep"
STACKED = "tweet_sentiment_stacked"
DEPLOYED = ("rnn_base", "bilstm", "glove_lstm", "deep_last", "deep", "deep_word2vec", STACKED, WIDE_DEEP)
TUNED = (*DEPLOYED, "word2vec_lstm", "use_lite_dense")
HASHED = (
    *("hashing_lr", "ngrams_lr", "ngrams_lr_advanced"),
    *("tweet_sentiment_hashed", "hashed_expressive", "characters_lr"),
)


def small(name: str) -> Experiment:
    """An experiment with few tweets and few epochs."""
    experiment = find_experiment(name)
    return dataclasses.replace(experiment, spec=shrink_spec(experiment.spec))


def shrink_spec(spec: _Spec) -> _Spec:
    changes: dict[str, Any] = {"rows": 400}
    if isinstance(spec, StackedSpec):
        wide = dataclasses.replace(spec.wide, buckets=1 << 12)
        changes |= {"deep": shrink_spec(spec.deep), "wide": wide}
    if isinstance(spec, NgramSpec | WideDeepSpec):
        changes["buckets"] = spec.buckets and 1 << 12
    if isinstance(spec, NeuralSpec):
        changes |= {"epochs": 2, "batch_size": 50, "learning_rate": 0.02}
    return dataclasses.replace(spec, **changes)


@pytest.fixture(scope="module", autouse=True)
def operators() -> Iterator[None]:
    """The stand-in for a sentence encoder does not use the library's operators."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))
        yield


@pytest.fixture(scope="module")
def inputs(data: Path, glove: Path, tmp_path_factory: pytest.TempPathFactory) -> ExperimentInputs:
    folder = tmp_path_factory.mktemp("folder")
    teacher = make_teacher_scores(
        small("hashed_expressive"), ExperimentInputs(data), folder, FittingObservers(), folds=2
    )
    return ExperimentInputs(
        data,
        word2vec=glove,
        glove=glove,
        encoder=letter_count_encoder.write(tmp_path_factory.mktemp("encoder")),
        also=(data / "train.parquet",),
        teachers=(teacher,),
    )


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return RunContext(tmp_path_factory.mktemp("rows"), Registry(MemoryStore()), FittingObservers())


@pytest.mark.parametrize("name", [*HASHED, *TUNED])
def test_an_experiment_writes_its_result_and_scores(
    name: str, inputs: ExperimentInputs, context: RunContext
) -> None:
    experiment = small(name)
    result = run_experiment(experiment, inputs, context)
    assert ExperimentResult.read(context.get_folder(experiment)) == result
    assert {name: found.n for name, found in result.metrics.items()} == {
        "test": 120,
        "validation": 8,
        "train": 400,
    }
    assert result.metrics["test"].auc > 0.7
    assert (result.rows, result.study) == (392, experiment.study_figures)
    assert result.settings == json.loads(experiment.spec.to_json())
    assert bool(result.curve) == (name in TUNED)
    kept = load_file(context.get_folder(experiment) / SCORES)
    assert evaluate(kept["test/labels"], kept["test/scores"]) == result.metrics["test"]


@pytest.mark.parametrize("engine", get_args(EngineName))
@pytest.mark.parametrize("name", [*DEPLOYED, *HASHED])
def test_a_model_of_words_can_be_deployed(
    name: str, engine: EngineName, inputs: ExperimentInputs, context: RunContext
) -> None:
    result = run_experiment(small(name), inputs, context)
    assert result.version is not None
    ref = parse_ref(result.version)
    assert isinstance(ref, ModelRef)
    loaded_model = context.registry.load(ref)
    test = pq.read_table(inputs.data / "test.parquet")
    scores = Scorer.open(loaded_model, engine).score(test["text"])
    measured = evaluate(test["label"].to_numpy(), scores)
    assert measured.accuracy == loaded_model.manifest.metrics["test"].accuracy
    assert loaded_model.manifest.kind == loaded_model.manifest.network.cell


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_a_model_of_sentences_can_be_deployed_with_its_encoder(
    engine: EngineName, inputs: ExperimentInputs, context: RunContext
) -> None:
    result = run_experiment(small("use_lite_dense"), inputs, context)
    loaded_model = context.registry.load(ModelRef(result.name, 1))
    test = pq.read_table(inputs.data / "test.parquet")
    with pytest.raises(Misconfigured, match="BADBUZZ_ENCODER"):
        Scorer.open(loaded_model, engine)
    scores = Scorer.open(loaded_model, engine, encoder=inputs.encoder).score(test["text"])
    shipped = loaded_model.manifest.metrics
    assert evaluate(test["label"].to_numpy(), scores).accuracy == shipped["test"].accuracy
    assert shipped["test"].auc == pytest.approx(result.metrics["test"].auc, abs=0.01)
    assert shipped.keys() == {"test", "validation", "train"}
    assert "calibration" in loaded_model.manifest.training.settings
    assert {"learning_curve.json", "model_card.md"} < loaded_model.manifest.files.keys()


@pytest.mark.parametrize("name", [WIDE_DEEP, STACKED, "tweet_sentiment_hashed"])
def test_models_beyond_the_study_are_calibrated_on_the_validation(
    name: str, inputs: ExperimentInputs, context: RunContext
) -> None:
    ref = parse_ref(run_experiment(small(name), inputs, context).version or "")
    assert isinstance(ref, ModelRef)
    manifest = context.registry.load(ref).manifest
    calibration = manifest.training.settings["calibration"]
    assert isinstance(calibration, dict)
    assert calibration["fitted_on"] == "validation"
    assert calibration["slope"] != 1
    assert manifest.metrics["test"].ece is not None


@pytest.mark.parametrize("name", ["deep_distilled", STACKED])
def test_a_missing_teacher_is_named(
    name: str, inputs: ExperimentInputs, context: RunContext, tmp_path: Path
) -> None:
    empty = dataclasses.replace(context, folder=tmp_path)
    with pytest.raises(Usage, match="needs --teacher"):
        run_experiment(small(name), dataclasses.replace(inputs, teachers=()), empty)


def test_teachers_change_what_a_model_learns(inputs: ExperimentInputs, context: RunContext) -> None:
    distilled = small("deep_distilled")
    assert isinstance(distilled.spec, WideDeepSpec)
    with_teachers = run_experiment(distilled, inputs, context)
    without_teachers = dataclasses.replace(distilled.spec, name="without_teachers", teacher_weight=0.0)
    alone = run_experiment(dataclasses.replace(distilled, spec=without_teachers), inputs, context)
    assert np.abs(with_teachers.curve[0].loss - alone.curve[0].loss) > 1e-3


def test_a_finished_experiment_is_not_run_again(
    inputs: ExperimentInputs, context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = small("hashing_lr")
    result = run_experiment(experiment, inputs, context)
    monkeypatch.setattr(run, "fit_model", None)
    assert run_experiment(experiment, inputs, context) == result


def test_a_result_with_other_settings_is_refused(inputs: ExperimentInputs, context: RunContext) -> None:
    experiment = small("hashing_lr")
    run_experiment(experiment, inputs, context)
    other = dataclasses.replace(experiment, spec=dataclasses.replace(experiment.spec, seed=1))
    with pytest.raises(Usage, match="other settings"):
        run_experiment(other, inputs, context)


def test_a_result_of_an_older_revision_is_read(
    inputs: ExperimentInputs, context: RunContext, tmp_path: Path
) -> None:
    """It names the kind of model by a class."""
    experiment = small("hashing_lr")
    result = run_experiment(experiment, inputs, context)
    older = result.model_copy(update={"settings": result.settings | {"kind": "HashedVariant"}})
    older.write(tmp_path)
    assert read_finished(experiment, tmp_path) == older


@pytest.mark.parametrize(
    ("name", "option"),
    [("word2vec_lstm", "--word2vec"), ("glove_lstm", "--glove"), ("use_lite_dense", "--encoder")],
)
def test_missing_vectors_are_named(
    name: str, option: str, data: Path, context: RunContext, tmp_path: Path
) -> None:
    empty = dataclasses.replace(context, folder=tmp_path)
    with pytest.raises(Usage, match=f"needs {option}"):
        run_experiment(small(name), ExperimentInputs(data), empty)
    assert not list(tmp_path.iterdir())
