from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.cleaning import STANDARD
from badbuzz.errors import Misconfigured
from tests.training import corpus
from training.data.dataset import load_training_texts
from training.data.vectors import (
    WordVectors,
    make_random_embedding,
    make_starting_embedding,
    read_vectors,
    train_word2vec,
    write_vectors,
)

if TYPE_CHECKING:
    from pathlib import Path

GLOVE = "late 0.5 -1.25 3\ncrew 1e-3 0 2.5\nflight 7 8 9\n"


@pytest.mark.parametrize("zipped", [False, True])
def test_only_wanted_words_are_read_plain_or_gzip(tmp_path: Path, *, zipped: bool) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(gzip.compress(GLOVE.encode()) if zipped else GLOVE.encode())
    vectors = read_vectors(path, ["crew", "late", "unheard"])
    assert vectors.dimensions == 3
    assert set(vectors.by_word) == {"late", "crew"}
    np.testing.assert_array_equal(vectors.by_word["late"], np.array([0.5, -1.25, 3], np.float32))


def test_a_word_with_a_blank_is_skipped(tmp_path: Path) -> None:
    """GloVe's larger files hold some."""
    path = tmp_path / "vectors.txt"
    path.write_text(GLOVE + ". . . 1 2 3\n")
    assert set(read_vectors(path, ["late", "."]).by_word) == {"late"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (GLOVE + "gate 1 2\n", "line 4 holds 2 numbers, the first line 3"),
        (GLOVE + "late 1 two 3\n", "line 4: could not convert string to float"),
        (GLOVE + "late 1 nan 3\n", "line 4: a number is not finite"),
        ("late\n", "line 1 holds 0 numbers"),
        ("", "none of the 1 words"),
        ("fenêtre 1 2\n", "none of the 1 words"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=problem) as refused:
        read_vectors(path, ["late"])
    assert str(path) in str(refused.value)


def test_a_missing_or_truncated_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.txt: cannot be read"):
        read_vectors(tmp_path / "nowhere.txt", ["late"])
    cut = tmp_path / "cut.txt.gz"
    cut.write_bytes(gzip.compress(GLOVE.encode() * 999)[:-20])
    with pytest.raises(Misconfigured, match=r"cut\.txt\.gz: cannot be read"):
        read_vectors(cut, ["late"])


def test_written_vectors_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt.gz"
    written = {"late": np.array([0.5, -1], np.float32), "crew": np.array([0.12345, 99], np.float32)}
    write_vectors(path, written)
    back = read_vectors(path, written)
    for word, vector in written.items():
        np.testing.assert_allclose(back.by_word[word], vector, atol=1e-5)


def test_vectors_are_written_atomically(tmp_path: Path) -> None:
    class Torn(dict[str, "np.ndarray"]):
        def items(self) -> Any:
            yield "late", np.zeros(3, np.float32)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_vectors(tmp_path / "vectors.txt.gz", Torn())
    assert not (tmp_path / "vectors.txt.gz").exists()


def test_random_vectors_are_small_and_differ() -> None:
    embedding = make_random_embedding(50, 8, seed=1)
    assert embedding.shape == (50, 8)
    assert embedding.dtype == np.float32
    assert not embedding[0].any()
    assert 0.04 < np.abs(embedding[1:]).max() <= 0.05
    np.testing.assert_array_equal(embedding, make_random_embedding(50, 8, seed=1))
    assert (embedding != make_random_embedding(50, 8, seed=2))[1:].all()


def test_the_starting_embedding_holds_the_vectors() -> None:
    known = {word: np.full(4, value, np.float32) for word, value in (("late", 1.0), ("crew", 3.0))}
    embedding = make_starting_embedding(
        ("late", "unheard", "crew"), WordVectors(4, known), reserved=2, seed=1
    )
    assert embedding.shape == (5, 4)
    np.testing.assert_array_equal(embedding[[0, 2, 4]], np.repeat([[0.0], [1.0], [3.0]], 4, axis=1))
    assert np.abs(embedding[[1, 3]]).min() > 0


def test_word2vec_is_deterministic(tmp_path: Path) -> None:
    pytest.importorskip("gensim")
    texts = load_training_texts(corpus.write_folder(tmp_path), STANDARD)
    once = train_word2vec(texts, dimensions=8, epochs=1)
    again = train_word2vec(texts, dimensions=8, epochs=1)
    assert list(once) == list(again)
    assert {"late", "lovely"} <= once.keys()
    for word, vector in once.items():
        assert vector.shape == (8,)
        np.testing.assert_array_equal(vector, again[word])


def test_word2vec_refuses_texts_without_a_frequent_word() -> None:
    pytest.importorskip("gensim")
    with pytest.raises(Misconfigured, match="no word occurs 5 times"):
        train_word2vec(pa.array(["late crew"]), dimensions=8)
