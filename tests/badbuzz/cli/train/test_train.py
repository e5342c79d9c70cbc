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


def test_train_registers_a_measured_model(
    badbuzz: CommandLine, data: Path, glove: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    options = ["--data", str(data), "--vectors", str(glove), "--registry", str(tmp_path / "registry")]
    small = ["--epochs", "1", "--batch-size", "50", "--freeze", "--out", str(tmp_path / "run")]
    options += ["--evaluate", str(data / "train.parquet")]
    code, printed, _ = badbuzz("train", "lstm-glove", *options, *small)
    assert code == 0
    assert "registered as tweet_sentiment_glove_lstm:1" in printed
    manifest = Registry.open(str(tmp_path / "registry")).list()[0].manifest
    assert not isinstance(manifest, Exception)
    assert {name: found.n for name, found in manifest.metrics.items()} == {
        "test": 120,
        "validation": 8,
        "train": 400,
    }
    assert manifest.training.vectors == "glove.txt; frozen"
    code, printed, _ = badbuzz("train", "lstm-glove", *options, *small, "--resume")
    assert code == 0
    assert "registered as tweet_sentiment_glove_lstm:2" in printed


def test_train_vectors_writes_what_train_reads(badbuzz: CommandLine, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("gensim")
    out = tmp_path / "vectors.txt.gz"
    code, printed, _ = badbuzz(
        "train", "vectors", "--data", str(data), "--out", str(out), "--dimensions", "4", "--epochs", "1"
    )
    assert code == 0
    assert f"words in {out}" in printed


@pytest.mark.parametrize(("missing", "exit_code"), [("data", 65), ("vectors", 78)])
def test_a_missing_file_is_one_clear_message(
    badbuzz: CommandLine, tmp_path: Path, missing: str, exit_code: int
) -> None:
    pytest.importorskip("tensorflow")
    paths = {
        "data": corpus.write_folder(tmp_path),
        "vectors": corpus.write_glove(tmp_path / "glove.txt"),
        missing: tmp_path / "nowhere",
    }
    options = [f"--{name}={path}" for name, path in paths.items()]
    code, _, message = badbuzz("train", "lstm-glove", *options, "--out", str(tmp_path / "run"))
    assert code == exit_code
    assert str(tmp_path / "nowhere") in message


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with two small rows, one of which needs vectors, and one row beyond it."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("sklearn")
    study = importlib.import_module("training.experiments.study_2021")
    table = tuple(
        dataclasses.replace(row, spec=dataclasses.replace(row.spec, rows=300))
        for row in study.STUDY
        if row.name in {"hashing_lr", "glove_lstm"}
    )
    monkeypatch.setattr(study, "STUDY", table)
    beyond = importlib.import_module("training.experiments.beyond")
    hashed = tuple(row for row in beyond.BEYOND if row.name == "tweet_sentiment_hashed")
    monkeypatch.setattr(beyond, "BEYOND", hashed)


@pytest.mark.usefixtures("few_rows")
def test_train_all_makes_what_it_can_and_says_what_it_lacks(
    badbuzz: CommandLine, data: Path, tmp_path: Path
) -> None:
    out, registry = tmp_path / "rows", str(tmp_path / "registry")
    code, printed, _ = badbuzz("train", "rows", "--out", str(out))
    assert (code, printed.count("not finished")) == (0, 3)
    code, printed, _ = badbuzz("train", "all", "--data", str(data), "--out", str(out), "--registry", registry)
    assert code == 0
    assert "glove_lstm       not run: needs --glove" in printed
    assert "hashing_lr       AUC " in printed
    code, printed, _ = badbuzz("train", "rows", "--out", str(out))
    assert "hashing_lr       AUC " in printed
    assert "glove_lstm       not finished (study: AUC 0.9040)" in printed


@pytest.mark.usefixtures("few_rows")
def test_train_row_makes_one(badbuzz: CommandLine, data: Path, glove: Path, tmp_path: Path) -> None:
    options = ["--data", str(data), "--out", str(tmp_path / "rows"), "--registry", str(tmp_path / "registry")]
    code, printed, _ = badbuzz("train", "row", "glove_lstm", *options, "--glove", str(glove))
    assert code == 0
    assert "glove_lstm       AUC " in printed
    assert [str(listed.ref) for listed in Registry.open(str(tmp_path / "registry")).list()] == [
        "glove_lstm:1"
    ]
    code, _, message = badbuzz("train", "row", "bert", *options)
    assert code == 64
    assert "the rows are hashing_lr, glove_lstm, tweet_sentiment_hashed" in message


@pytest.mark.usefixtures("few_rows")
def test_train_row_makes_one_beyond_the_study_and_train_teacher_lets_it_teach(
    badbuzz: CommandLine, data: Path, tmp_path: Path
) -> None:
    options = ["--data", str(data), "--out", str(tmp_path / "rows"), "--registry", str(tmp_path / "registry")]
    code, printed, _ = badbuzz("train", "row", "tweet_sentiment_hashed", *options)
    assert code == 0
    assert "tweet_sentiment_hashed AUC " in printed
    assert "study" not in printed
    code, printed, _ = badbuzz("train", "teacher", "tweet_sentiment_hashed", *options, "--folds", "3")
    assert code == 0
    assert (tmp_path / "rows" / "tweet_sentiment_hashed.teacher.safetensors").exists()
