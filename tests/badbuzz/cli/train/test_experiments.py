from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING

import pytest

from model_registry.store.registry import Registry
from tests.training import corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    CommandLine = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return corpus.write_folder(tmp_path)


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    return corpus.write_glove(tmp_path / "glove.txt")


@pytest.fixture
def options(data: Path, tmp_path: Path) -> list[str]:
    return [f"--data={data}", f"--out={tmp_path / 'rows'}", f"--registry={tmp_path / 'registry'}"]


@pytest.fixture(autouse=True)
def small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with two small experiments, one of which needs vectors, and two experiments beyond it."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("sklearn")
    study = importlib.import_module("training.experiments.study_2021")
    table = tuple(
        dataclasses.replace(each, spec=dataclasses.replace(each.spec, rows=300))
        for each in study.STUDY
        if each.name in {"hashing_lr", "glove_lstm"}
    )
    monkeypatch.setattr(study, "STUDY", table)
    beyond = importlib.import_module("training.experiments.beyond")
    shipped = dataclasses.replace(beyond.LSTM_GLOVE, epochs=1, batch_size=50, freeze=True)
    kept = (
        *(each for each in beyond.BEYOND if each.name == "tweet_sentiment_hashed"),
        *(dataclasses.replace(each, spec=shipped) for each in beyond.BEYOND if each.name == shipped.name),
    )
    monkeypatch.setattr(beyond, "BEYOND", kept)


def test_train_all_runs_experiments_whose_inputs_are_given(
    badbuzz: CommandLine, options: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "rows"
    code, printed, _ = badbuzz("train", "list", "--out", str(out))
    assert (code, printed.count("not finished")) == (0, 4)
    code, printed, _ = badbuzz("train", "all", *options)
    assert code == 0
    assert "glove_lstm       not run: needs --glove" in printed
    assert "hashing_lr       AUC " in printed
    code, printed, _ = badbuzz("train", "list", "--out", str(out))
    assert "hashing_lr       AUC " in printed
    assert "glove_lstm       not finished (study: AUC 0.9040)" in printed


def test_train_run_runs_one_experiment(
    badbuzz: CommandLine, options: list[str], glove: Path, tmp_path: Path
) -> None:
    code, printed, _ = badbuzz("train", "run", "glove_lstm", *options, "--glove", str(glove))
    assert code == 0
    assert "glove_lstm       AUC " in printed
    assert [str(listed.ref) for listed in Registry.open(str(tmp_path / "registry")).list()] == [
        "glove_lstm:1"
    ]


def test_an_unknown_experiment_is_answered_with_the_known_names(
    badbuzz: CommandLine, options: list[str]
) -> None:
    code, _, message = badbuzz("train", "run", "bert", *options)
    assert code == 64
    assert (
        "the experiments are hashing_lr, glove_lstm, tweet_sentiment_hashed, tweet_sentiment_glove_lstm"
        in message
    )


def test_the_shipped_lstm_is_an_experiment(
    badbuzz: CommandLine, options: list[str], data: Path, glove: Path, tmp_path: Path
) -> None:
    given = [*options, "--glove", str(glove), "--evaluate", str(data / "train.parquet")]
    code, printed, _ = badbuzz("train", "run", "tweet_sentiment_glove_lstm", *given)
    assert code == 0
    assert "tweet_sentiment_glove_lstm AUC " in printed
    (listed,) = Registry.open(str(tmp_path / "registry")).list()
    assert str(listed.ref) == "tweet_sentiment_glove_lstm:1"
    manifest = listed.manifest
    assert not isinstance(manifest, Exception)
    assert {name: found.n for name, found in manifest.metrics.items()} == {
        "test": 120,
        "validation": 8,
        "train": 400,
    }
    assert manifest.training.vectors == "glove.txt; frozen"


def test_train_teacher_writes_scores_of_an_experiment_beyond_the_study(
    badbuzz: CommandLine, options: list[str], tmp_path: Path
) -> None:
    code, printed, _ = badbuzz("train", "run", "tweet_sentiment_hashed", *options)
    assert code == 0
    assert "tweet_sentiment_hashed AUC " in printed
    assert "study" not in printed
    code, printed, _ = badbuzz("train", "teacher", "tweet_sentiment_hashed", *options, "--folds", "3")
    assert code == 0
    assert (tmp_path / "rows" / "tweet_sentiment_hashed.teacher.safetensors").exists()


@pytest.mark.parametrize(("missing", "exit_code"), [("data", 65), ("glove", 78)])
def test_a_missing_file_is_named(badbuzz: CommandLine, tmp_path: Path, missing: str, exit_code: int) -> None:
    paths = {
        "data": corpus.write_folder(tmp_path),
        "glove": corpus.write_glove(tmp_path / "glove.txt"),
        missing: tmp_path / "nowhere",
    }
    given = [f"--{name}={path}" for name, path in paths.items()]
    code, _, message = badbuzz("train", "run", "glove_lstm", *given, f"--out={tmp_path / 'rows'}")
    assert code == exit_code
    assert str(tmp_path / "nowhere") in message
