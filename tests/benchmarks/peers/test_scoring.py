from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis

from benchmarks.harness.model import shipped_folder
from benchmarks.peers.scoring.onnx_file import write_onnx_file
from benchmarks.peers.scoring.onnx_scorer import BATCH, OnnxScorer
from benchmarks.peers.scoring.sentiment import Sentiment, add_counts, count_tweets, open_product_scorer
from benchmarks.peers.verify import Found, verify
from model_registry.bundled import list_bundled_models

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "@airparadis lost my bag again, worst airline ever",
    "what a lovely morning",
    "my #lumafone died, and so did the airparadis app",
    "",
]
TIMES_MS = [0, 59_999, 60_000, 60_001]
"""Two in the first minute since 1970, two in the second."""

PERFECT = Found(
    rows=4,
    missing=0,
    doubled=0,
    unreadable_files=0,
    max_difference=0.0,
    counted=4,
    counters_equal_rows=True,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "version").symlink_to(list_bundled_models()[0])
    (folder / "brands.yaml").write_text(
        "- {name: airparadis, handles: [airparadis], phrases: [airparadis]}\n"
        "- {name: lumafone, hashtags: [lumafone]}\n"
    )
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network that peers run, with its ONNX file."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "version").symlink_to(shipped_folder())
    (folder / "brands.yaml").write_text("- {name: airparadis, handles: [airparadis]}\n")
    write_onnx_file(folder)
    return folder


@pytest.fixture(scope="module")
def rows(model: Path) -> pa.Table:
    tweets = [{"id": str(number), "text": text} for number, text in enumerate(TEXTS)]
    return Sentiment(model).make_rows(tweets, [0, 1, 0, 1], [0, 0, 1, 1])


def test_rows_name_brands_and_labels(rows: pa.Table) -> None:
    assert rows["brands"].to_pylist() == [["airparadis"], [], ["airparadis", "lumafone"], []]
    assert rows["label"].to_pylist()[:2] == ["NEGATIVE", "POSITIVE"]


def test_an_onnx_file_gives_the_products_scores_in_the_order_of_the_texts(study: Path) -> None:
    texts = pa.array([" ".join(TEXTS[number % 4 : number % 4 + number % 3]) for number in range(3 * BATCH)])
    with_onnx = Sentiment(study)
    assert isinstance(with_onnx._scorer, OnnxScorer)
    np.testing.assert_allclose(
        with_onnx.score(texts), open_product_scorer(study).score(texts), rtol=0, atol=1e-6
    )
    assert len(set(with_onnx.score(texts).tolist())) > 4


def test_other_models_than_a_plain_lstm_are_not_exported(tmp_path: Path) -> None:
    wide = next(folder for folder in list_bundled_models() if folder != shipped_folder())
    (tmp_path / "version").symlink_to(wide)
    with pytest.raises(
        SystemExit, match="only an LSTM in one direction, without an n-gram term, is exported"
    ):
        write_onnx_file(tmp_path)


def test_every_tweet_counts_once_for_all_and_once_for_each_of_its_brands(rows: pa.Table) -> None:
    counted = {
        (brand, minute): (tweets, negative)
        for brand, minute, tweets, negative in count_tweets(rows, TIMES_MS)
    }
    negative = [label == "NEGATIVE" for label in rows["label"].to_pylist()]
    assert counted == {
        ("all", 0): (2, sum(negative[:2])),
        ("all", 1): (2, sum(negative[2:])),
        ("airparadis", 0): (1, negative[0]),
        ("airparadis", 1): (1, negative[2]),
        ("lumafone", 1): (1, negative[2]),
    }


def test_a_batch_with_a_key_is_added_once(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        for _ in range(2):
            add_counts(client, [("all", 7, 5, 3)], once="peer-batch:x:0")
        assert client.hgetall("peer:all:7") == {b"tweets": b"5", b"negative": b"3"}


class TestVerify:
    @pytest.fixture
    def out(self, rows: pa.Table, redis_url: str, tmp_path: Path) -> Path:
        pq.write_table(rows, tmp_path / "a.parquet")
        with redis.Redis.from_url(redis_url) as client:
            add_counts(client, count_tweets(rows, TIMES_MS))
        return tmp_path

    def test_accepts_correct_outputs(self, model: Path, out: Path, redis_url: str) -> None:
        assert verify(4, model, out, redis_url) == PERFECT
        assert PERFECT.is_correct

    def test_ignores_hidden_and_temporary_files(self, model: Path, out: Path, redis_url: str) -> None:
        (out / "_unfinished.parquet").write_bytes(b"PAR1")
        (out / ".spark").mkdir()
        (out / ".spark" / "x.parquet").write_bytes(b"PAR1")
        assert verify(4, model, out, redis_url) == PERFECT

    def test_finds_missing_rows(self, model: Path, out: Path, redis_url: str) -> None:
        found = verify(5, model, out, redis_url)
        assert found == replace(PERFECT, missing=1)
        assert not found.is_correct

    def test_finds_doubled_rows(self, model: Path, out: Path, rows: pa.Table, redis_url: str) -> None:
        pq.write_table(rows.slice(1, 2), out / "b.parquet")
        found = verify(4, model, out, redis_url)
        assert found == replace(PERFECT, rows=6, doubled=2, counters_equal_rows=False)
        assert not found.is_correct

    def test_finds_a_partial_file(self, model: Path, out: Path, redis_url: str) -> None:
        (out / "half.parquet").write_bytes((out / "a.parquet").read_bytes()[:-9])
        found = verify(4, model, out, redis_url)
        assert found == replace(PERFECT, unreadable_files=1)
        assert not found.is_correct

    def test_finds_a_wrong_score(self, model: Path, out: Path, rows: pa.Table, redis_url: str) -> None:
        scores = rows["score"].to_numpy().copy()
        scores[2] += 2e-5
        pq.write_table(rows.set_column(2, "score", pa.array(scores)), out / "a.parquet")
        found = verify(4, model, out, redis_url)
        assert found.max_difference == pytest.approx(2e-5, rel=0.01)
        assert not found.is_correct

    def test_finds_wrong_counters(self, model: Path, out: Path, redis_url: str) -> None:
        with redis.Redis.from_url(redis_url) as client:
            add_counts(client, [("lumafone", 1, 1, 0)])
        found = verify(4, model, out, redis_url)
        assert found == replace(PERFECT, counters_equal_rows=False)
        assert not found.is_correct

    def test_finds_missing_outputs(self, model: Path, tmp_path: Path, redis_url: str) -> None:
        found = verify(4, model, tmp_path, redis_url)
        assert (found.rows, found.missing) == (0, 4)
        assert not found.is_correct
