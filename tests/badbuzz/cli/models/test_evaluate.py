from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from model_registry.scoring.sentence_encoder import SentenceEncoder
from model_registry.store.registry import Registry
from tests.badbuzz.labelled.sentiment140_archive import write_archive
from tests.model_registry import tiny_sentence_model, tiny_transformer_model
from tests.producer.files.csv_rows import csv_row, sorted_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.mark.usefixtures("registry")
def test_evaluate_as_json_has_exactly_the_documented_keys(run: Run, tweets: str) -> None:
    code, out, err = run("evaluate", "tiny:1", tweets, "--json")
    assert code == 0
    printed = json.loads(out)
    assert printed.keys() == {
        "n",
        "accuracy",
        "auc",
        "accuracy_ci",
        "auc_ci",
        "tpr",
        "fpr",
        "ece",
        "unread",
        "tweets_per_second",
    }
    assert printed["n"] == 4
    assert printed["accuracy_ci"][0] <= printed["accuracy"] <= printed["accuracy_ci"][1]
    assert printed["auc_ci"][0] <= printed["auc"] <= printed["auc_ci"][1]
    assert printed["tweets_per_second"] > 0
    assert "skipped: 1 neutral tweets" in err
    assert "skipped: 1 malformed rows" in err


def test_evaluate_a_directory_without_a_registry(run: Run, directory: Path, tweets: str, url: str) -> None:
    code, out, _ = run("evaluate", str(directory), tweets)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.strip()] == [
        "model",
        "file",
        "tweets",
        "unread",
        "accuracy",
        "AUC",
        "tweets/s",
    ]
    assert Registry.open(url).list() == ()


@pytest.mark.usefixtures("registry")
def test_the_training_file_of_sentiment140_s_archive_is_evaluated(run: Run, tmp_path: Path) -> None:
    test_file = csv_row(9, "I love it", polarity=4)
    path = write_archive(tmp_path / "both.zip", training=sorted_rows(3, 4), test=test_file)
    code, out, err = run("evaluate", "tiny:1", str(path), "--json")
    assert (code, err, json.loads(out)["n"]) == (0, "", 7)


@pytest.mark.tensorflow
@pytest.mark.usefixtures("registry")
def test_evaluate_with_either_engine_gives_the_same(run: Run, tweets: str) -> None:
    ours, tensorflow = (
        json.loads(run("evaluate", "tiny:1", tweets, "--json", "--engine", engine)[1])
        for engine in ("numpy", "tensorflow")
    )
    del ours["tweets_per_second"], tensorflow["tweets_per_second"]
    assert ours.pop("ece") == pytest.approx(tensorflow.pop("ece"), abs=1e-5)
    assert ours == tensorflow


def test_evaluate_a_transformer(run: Run, tweets: str, url: str) -> None:
    Registry.open(url).register(tiny_transformer_model.draft())
    code, out, _ = run("evaluate", "tiny:1", tweets, "--json")
    assert (code, json.loads(out)["n"]) == (0, 4)
    _, shown, _ = run("show", "tiny:1")
    assert "transformer of 2 × 8, 23 word pieces, 10 pieces a tweet" in shown
    assert run("promote", "tiny:1")[0] == 0


@pytest.mark.tensorflow
def test_evaluate_a_network_over_sentences(
    run: Run, tweets: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow_text")
    from tests.training import letter_count_encoder  # noqa: PLC0415 - needs TensorFlow

    folder = letter_count_encoder.write(tmp_path / "encoder")
    Registry.open(url).register(tiny_sentence_model.draft(SentenceEncoder(folder).fingerprint))
    code, _, errors = run("evaluate", "tiny:1", tweets, "--json")
    assert code == 78
    assert "set BADBUZZ_ENCODER to the folder" in errors
    monkeypatch.setenv("BADBUZZ_ENCODER", str(folder))
    code, out, _ = run("evaluate", "tiny:1", tweets, "--json")
    assert (code, json.loads(out)["n"]) == (0, 4)


@pytest.mark.usefixtures("registry")
def test_evaluate_an_invalid_file(run: Run, tmp_path: Path) -> None:
    assert run("evaluate", "tiny:1", str(tmp_path / "nothing.csv"))[0] == 64
    (tmp_path / "bad.csv").write_text("label,text\n7,x\n")
    code, out, err = run("evaluate", "tiny:1", str(tmp_path / "bad.csv"), "--json")
    assert (code, out) == (65, "")
    assert "row 1 has the label '7'" in err
