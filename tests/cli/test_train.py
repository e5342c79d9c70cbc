from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_registry.registry import Registry
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
