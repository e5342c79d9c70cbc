from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from badbuzz.cli.app import main
from model_registry import bundled
from model_registry.package.directory import write_directory
from model_registry.package.manifest import WEIGHTS
from model_registry.package.model_draft import pack
from model_registry.package.refs import ModelRef
from model_registry.scoring.sentence_encoder import SentenceEncoder
from model_registry.store.registry import Registry
from tests.badbuzz.labelled.sentiment140_archive import write_archive
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model
from tests.producer.files.rows import csv_row, sorted_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

TWEETS = (
    '"0","1","d","q","ann","lost my bag again"\n'
    '"4","2","d","q","bob","thank you crew"\n'
    '"2","3","d","q","cid","a flight"\n'
    '"0","4","d","q","dee","late again"\n'
    '"4","5","d","q","eve","great flight"\n'
    '"0","6","d","q"\n'
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "registry")


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BADBUZZ_REGISTRY__URL", url)

    def models(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["models", *arguments])
        out, err = capsys.readouterr()
        return int(str(ended.value.code)), out, err

    return models


@pytest.fixture
def registry(url: str) -> Registry:
    """Two versions; the first is production."""
    registry = Registry.open(url)
    for seed in (1, 2):
        registry.register(tiny_model.draft(seed=seed))
    registry.promote(ModelRef("tiny", 1), "production")
    return registry


@pytest.fixture
def tweets(tmp_path: Path) -> str:
    path = tmp_path / "tweets.csv"
    path.write_text(TWEETS)
    return str(path)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_directory(pack(tiny_model.draft(seed=3)), tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.usefixtures("registry")
def test_list(run: Run) -> None:
    code, out, err = run("list")
    assert (code, err) == (0, "")
    first = next(line for line in out.splitlines() if "tiny:1" in line)
    assert first.split() == ["tiny:1", "production", "lstm", "test", "0.7500", "0.8000", "2026-01-02"]
    assert "tiny:2" in out


@pytest.mark.usefixtures("registry")
def test_list_as_json(run: Run) -> None:
    rows = json.loads(run("list", "--json")[1])
    assert [(row["model"], row["aliases"]) for row in rows] == [("tiny:1", ["production"]), ("tiny:2", [])]
    assert rows[0]["metrics"]["test"]["accuracy"] == 0.75


def test_an_empty_registry_says_how_to_fill_it(run: Run, tweets: str) -> None:
    code, out, err = run("list")
    assert (code, out) == (0, "")
    assert "badbuzz models import --bundled" in err
    code, out, err = run("evaluate", "tiny@production", tweets)
    assert (code, out) == (78, "")
    assert "the registry is empty: fill it with `badbuzz models import --bundled`" in err


def test_a_refused_version_is_listed_with_the_reason(run: Run, registry: Registry, tmp_path: Path) -> None:
    assert registry.list()
    (tmp_path / "registry/tiny/versions/2/manifest.json").write_text('{"format": 9}')
    code, out, _ = run("list")
    assert code == 0
    assert "tiny:2 is refused: tiny:2: manifest format 9" in out
    assert "manifest format 9" in json.loads(run("list", "--json")[1])[1]["refused"]


@pytest.mark.usefixtures("registry")
def test_show(run: Run) -> None:
    code, out, _ = run("show", "tiny@production")
    assert code == 0
    for fact in ("tiny:1", "lstm of 8", "0.7500  (0.3000 to 0.9500)", "random weights", "promote"):
        assert fact in out
    manifest = json.loads(run("show", "tiny:2", "--json")[1])
    assert (manifest["name"], manifest["version"]) == ("tiny", 2)


def test_promote_and_rollback(run: Run, registry: Registry) -> None:
    assert run("promote", "tiny:2") == (0, "tiny@production points to tiny:2\n", "")
    assert registry.resolve("tiny@production") == ModelRef("tiny", 2)
    assert run("rollback", "tiny") == (0, "tiny@production points to tiny:1 again\n", "")
    code, _, err = run("rollback", "tiny")
    assert code == 78
    assert "nothing to roll back" in err
    assert run("promote", "tiny@production", "--alias", "shadow")[0] == 0
    assert registry.resolve("tiny@shadow") == ModelRef("tiny", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("promote", "tiny:9"), "its versions: 1, 2"),
        (("promote", "tiny"), "expected name:version or name@alias"),
        (("show", "tiny@shadow"), "its aliases: production"),
        (("rollback", "../x"), "expected name:version or name@alias"),
        (("evaluate", "./nowhere", "FILE"), "expected NAME@ALIAS, NAME:VERSION or the directory"),
    ],
)
@pytest.mark.usefixtures("registry")
def test_a_name_that_leads_nowhere(run: Run, tweets: str, arguments: tuple[str, ...], message: str) -> None:
    code, _, err = run(*(tweets if word == "FILE" else word for word in arguments))
    assert code == 78
    assert message in err


def test_verify_names_each_version_that_is_refused(run: Run, registry: Registry, tmp_path: Path) -> None:
    assert registry.list()
    assert run("verify") == (0, "tiny:1: ok\ntiny:2: ok\n", "")
    weights = tmp_path / "registry/tiny/versions/2" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    code, out, err = run("verify")
    assert code == 78
    assert "tiny:1: ok" in out
    assert "tiny:2: refused" in out
    assert "SHA-256" in out
    assert "refused 1 of 2 versions: tiny:2" in err
    assert run("verify", "tiny:1")[0] == 0


def test_import_a_directory(run: Run, directory: Path, url: str) -> None:
    assert run("import", str(directory)) == (0, "imported tiny:1\n", "")
    assert run("import", str(directory)) == (0, "imported tiny:1\n", "")
    (directory / "extra.txt").write_text("")
    code, _, err = run("import", str(directory))
    assert code == 78
    assert "holds 'extra.txt'" in err
    assert len(Registry.open(url).list()) == 1


def test_import_what_is_shipped(run: Run, directory: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "bundled_models", lambda: [directory])
    assert run("import", "--bundled") == (0, "imported tiny:1\n", "")
    assert Registry.open(url).resolve("tiny@production") == ModelRef("tiny", 1)


def test_import_wants_one_thing(run: Run, directory: Path) -> None:
    assert run("import")[0] == 64
    assert run("import", str(directory), "--bundled")[0] == 64


@pytest.mark.usefixtures("registry")
def test_evaluate_as_json_has_exactly_the_promised_keys(run: Run, tweets: str) -> None:
    code, out, err = run("evaluate", "tiny:1", tweets, "--json")
    assert code == 0
    told = json.loads(out)
    assert told.keys() == {
        "n",
        "accuracy",
        "auc",
        "accuracy_ci",
        "auc_ci",
        "tpr",
        "fpr",
        "ece",
        "tweets_per_second",
    }
    assert told["n"] == 4
    assert told["accuracy_ci"][0] <= told["accuracy"] <= told["accuracy_ci"][1]
    assert told["auc_ci"][0] <= told["auc"] <= told["auc_ci"][1]
    assert told["tweets_per_second"] > 0
    assert "skipped: 1 neutral tweets" in err
    assert "skipped: 1 malformed rows" in err


def test_evaluate_a_directory_without_a_registry(run: Run, directory: Path, tweets: str, url: str) -> None:
    code, out, _ = run("evaluate", str(directory), tweets)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.strip()] == [
        "model",
        "file",
        "tweets",
        "accuracy",
        "AUC",
        "tweets/s",
    ]
    assert Registry.open(url).list() == ()


@pytest.mark.usefixtures("registry")
def test_of_sentiment140s_archive_the_training_file_is_evaluated(run: Run, tmp_path: Path) -> None:
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
    from tests.training import encoder  # noqa: PLC0415 - needs TensorFlow

    folder = encoder.write(tmp_path / "encoder")
    Registry.open(url).register(tiny_sentence_model.draft(SentenceEncoder(folder).fingerprint))
    code, _, errors = run("evaluate", "tiny:1", tweets, "--json")
    assert code == 78
    assert "set BADBUZZ_ENCODER to the folder" in errors
    monkeypatch.setenv("BADBUZZ_ENCODER", str(folder))
    code, out, _ = run("evaluate", "tiny:1", tweets, "--json")
    assert (code, json.loads(out)["n"]) == (0, 4)


@pytest.mark.usefixtures("registry")
def test_evaluate_a_file_that_is_none(run: Run, tmp_path: Path) -> None:
    assert run("evaluate", "tiny:1", str(tmp_path / "nothing.csv"))[0] == 64
    (tmp_path / "bad.csv").write_text("label,text\n7,x\n")
    code, out, err = run("evaluate", "tiny:1", str(tmp_path / "bad.csv"), "--json")
    assert (code, out) == (65, "")
    assert "row 1 has the label '7'" in err


def test_the_option_wins_over_the_settings(run: Run, directory: Path, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert run("import", str(directory), "--registry", elsewhere)[0] == 0
    assert Registry.open(elsewhere).list()
    assert run("list")[1] == ""
