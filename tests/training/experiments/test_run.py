"""Rows of the study's table, small: each kind is made, measured, and not made again."""

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

from badbuzz.errors import DataRefused, Misconfigured, Usage
from model_registry.evaluation import evaluate
from model_registry.package.refs import ModelRef, parse_ref
from model_registry.scoring.engines import EngineName
from model_registry.scoring.scorer import Scorer
from model_registry.store.registry import Registry

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from tests.training import encoder
from training.experiments import run as rows
from training.experiments.beyond import find_experiment
from training.experiments.inputs import ExperimentInputs
from training.experiments.result import RESULT, SCORES, ExperimentResult
from training.experiments.run import RunContext, run_experiment
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
    """A row of the table, with few tweets to learn from, and quick about it."""
    row = find_experiment(name)
    return dataclasses.replace(row, spec=shrunk(row.spec))


def shrunk(spec: _Spec) -> _Spec:
    changes: dict[str, Any] = {"rows": 400}
    if isinstance(spec, StackedSpec):
        wide = dataclasses.replace(spec.wide, buckets=1 << 12)
        changes |= {"deep": shrunk(spec.deep), "wide": wide}
    if isinstance(spec, NgramSpec | WideDeepSpec):
        changes["buckets"] = spec.buckets and 1 << 12
    if isinstance(spec, NeuralSpec):
        changes |= {"epochs": 2, "batch_size": 50, "learning_rate": 0.02}
    return dataclasses.replace(spec, **changes)


@pytest.fixture(scope="module", autouse=True)
def operators() -> Iterator[None]:
    """The stand-in for a sentence encoder needs none of the library's operators."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow_text", ModuleType("tensorflow_text"))
        yield


@pytest.fixture(scope="module")
def materials(data: Path, glove: Path, tmp_path_factory: pytest.TempPathFactory) -> ExperimentInputs:
    school = tmp_path_factory.mktemp("school")
    teacher = make_teacher_scores(
        small("hashed_expressive"), ExperimentInputs(data), school, FittingObservers(()), folds=2
    )
    return ExperimentInputs(
        data,
        word2vec=glove,
        glove=glove,
        encoder=encoder.write(tmp_path_factory.mktemp("encoder")),
        also=(data / "train.parquet",),
        teachers=(teacher,),
    )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return RunContext(tmp_path_factory.mktemp("rows"), Registry(MemoryStore()), FittingObservers(()))


@pytest.mark.parametrize("name", [*HASHED, *TUNED])
def test_a_row_is_made_and_leaves_what_a_report_needs(
    name: str, materials: ExperimentInputs, workshop: RunContext
) -> None:
    row = small(name)
    result = run_experiment(row, materials, workshop)
    assert ExperimentResult.read(workshop.folder_of(row)) == result
    assert {name: found.n for name, found in result.metrics.items()} == {
        "test": 120,
        "validation": 8,
        "train": 400,
    }
    assert result.metrics["test"].auc > 0.7
    assert (result.rows, result.study and result.study.auc) == (392, row.auc)
    assert result.settings == json.loads(row.spec.to_json())
    assert bool(result.curve) == (name in TUNED)
    kept = load_file(workshop.folder_of(row) / SCORES)
    assert evaluate(kept["test/labels"], kept["test/scores"]) == result.metrics["test"]


@pytest.mark.parametrize("engine", get_args(EngineName))
@pytest.mark.parametrize("name", [*DEPLOYED, *HASHED])
def test_a_row_of_words_can_be_deployed(
    name: str, engine: EngineName, materials: ExperimentInputs, workshop: RunContext
) -> None:
    result = run_experiment(small(name), materials, workshop)
    assert result.version is not None
    ref = parse_ref(result.version)
    assert isinstance(ref, ModelRef)
    artifact = workshop.registry.load(ref)
    test = pq.read_table(materials.data / "test.parquet")
    scores = Scorer.open(artifact, engine).score(test["text"])
    measured = evaluate(test["label"].to_numpy(), scores)
    assert measured.accuracy == artifact.manifest.metrics["test"].accuracy
    assert artifact.manifest.kind == artifact.manifest.network.cell


@pytest.mark.parametrize("engine", get_args(EngineName))
def test_a_row_of_sentences_can_be_deployed_with_its_encoder(
    engine: EngineName, materials: ExperimentInputs, workshop: RunContext
) -> None:
    result = run_experiment(small("use_lite_dense"), materials, workshop)
    artifact = workshop.registry.load(ModelRef(result.name, 1))
    test = pq.read_table(materials.data / "test.parquet")
    with pytest.raises(Misconfigured, match="BADBUZZ_ENCODER"):
        Scorer.open(artifact, engine)
    scores = Scorer.open(artifact, engine, encoder=materials.encoder).score(test["text"])
    shipped = artifact.manifest.metrics
    assert evaluate(test["label"].to_numpy(), scores).accuracy == shipped["test"].accuracy
    assert shipped["test"].auc == pytest.approx(result.metrics["test"].auc, abs=0.01)
    assert shipped.keys() == {"test", "validation", "train"}
    assert "calibration" in artifact.manifest.training.settings
    assert {"learning_curve.json", "model_card.md"} < artifact.manifest.files.keys()


@pytest.mark.parametrize("name", [WIDE_DEEP, STACKED, "tweet_sentiment_hashed"])
def test_what_goes_beyond_the_study_is_calibrated_on_the_validation(
    name: str, materials: ExperimentInputs, workshop: RunContext
) -> None:
    ref = parse_ref(run_experiment(small(name), materials, workshop).version or "")
    assert isinstance(ref, ModelRef)
    manifest = workshop.registry.load(ref).manifest
    calibration = manifest.training.settings["calibration"]
    assert isinstance(calibration, dict)
    assert calibration["fitted_on"] == "validation"
    assert calibration["slope"] != 1
    assert manifest.metrics["test"].ece is not None


@pytest.mark.parametrize("name", ["deep_distilled", STACKED])
def test_a_row_that_lacks_its_teacher_says_so(
    name: str, materials: ExperimentInputs, workshop: RunContext, tmp_path: Path
) -> None:
    empty = dataclasses.replace(workshop, folder=tmp_path)
    with pytest.raises(Usage, match="needs --teacher"):
        run_experiment(small(name), dataclasses.replace(materials, teachers=()), empty)


def test_a_row_learns_from_teachers(materials: ExperimentInputs, workshop: RunContext) -> None:
    pupil = small("deep_distilled")
    assert isinstance(pupil.spec, WideDeepSpec)
    taught = run_experiment(pupil, materials, workshop)
    untaught = dataclasses.replace(pupil.spec, name="untaught", teacher_weight=0.0)
    alone = run_experiment(dataclasses.replace(pupil, spec=untaught), materials, workshop)
    assert np.abs(taught.curve[0].loss - alone.curve[0].loss) > 1e-3


def test_a_finished_row_is_not_made_again(
    materials: ExperimentInputs, workshop: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = small("hashing_lr")
    result = run_experiment(row, materials, workshop)
    monkeypatch.setattr(rows, "fit_model", None)
    assert run_experiment(row, materials, workshop) == result


def test_a_result_of_other_settings_is_not_taken_for_the_row_s(
    materials: ExperimentInputs, workshop: RunContext
) -> None:
    row = small("hashing_lr")
    run_experiment(row, materials, workshop)
    other = dataclasses.replace(row, spec=dataclasses.replace(row.spec, seed=1))
    with pytest.raises(Usage, match="other settings"):
        run_experiment(other, materials, workshop)


def test_a_broken_result_is_named(materials: ExperimentInputs, workshop: RunContext, tmp_path: Path) -> None:
    broken = dataclasses.replace(workshop, folder=tmp_path)
    (tmp_path / "ngrams_lr").mkdir()
    (tmp_path / "ngrams_lr" / RESULT).write_text("{")
    with pytest.raises(DataRefused, match=r"result\.json: not the result of an experiment"):
        run_experiment(small("ngrams_lr"), materials, broken)


@pytest.mark.parametrize(
    ("name", "option"),
    [("word2vec_lstm", "--word2vec"), ("glove_lstm", "--glove"), ("use_lite_dense", "--encoder")],
)
def test_a_row_that_lacks_its_vectors_says_so(
    name: str, option: str, data: Path, workshop: RunContext, tmp_path: Path
) -> None:
    empty = dataclasses.replace(workshop, folder=tmp_path)
    with pytest.raises(Usage, match=f"needs {option}"):
        run_experiment(small(name), ExperimentInputs(data), empty)
    assert not list(tmp_path.iterdir())
