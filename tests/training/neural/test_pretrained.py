from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from badbuzz.errors import Misconfigured

pytest.importorskip("keras_hub")

from tests.training.neural import tiny_encoder as tiny
from training.data.dataset import CleanedTweets
from training.neural.pretrained import PretrainedEncoder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tensorflow

TWEETS = CleanedTweets(
    pa.array(["the crew was kindly late!", "", "so #lovely and zzz", "the " * 100]),
    np.array([0, 1, 1, 0], np.int8),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny"))


def test_tweets_are_split_into_pieces_between_two_marks(folder: Path) -> None:
    encoded = PretrainedEncoder(folder).encode(TWEETS, 12)
    pieces = [[tiny.PIECES[index] for index in row if index] for row in encoded.ids]
    assert pieces[0] == ["[CLS]", "the", "crew", "was", "kind", "##ly", "late", "!", "[SEP]"]
    assert pieces[1] == ["[CLS]", "[SEP]"]
    assert pieces[2] == ["[CLS]", "so", "#", "lovely", "and", "[UNK]", "[SEP]"]
    assert pieces[3] == ["[CLS]", *["the"] * 10, "[SEP]"]
    assert encoded.lengths.tolist() == [9, 2, 7, 12]
    assert encoded.labels.tolist() == [0, 1, 1, 0]


def test_the_network_ignores_padding(folder: Path) -> None:
    pretrained = PretrainedEncoder(folder)
    encoded = pretrained.encode(TWEETS, 20)
    present = (encoded.ids != 0).astype(np.int32)
    inputs = {"token_ids": encoded.ids, "segment_ids": np.zeros_like(encoded.ids), "padding_mask": present}
    found = np.asarray(pretrained.network(0.1)(inputs, training=False)["sequence_output"])
    for row, length in enumerate(encoded.lengths):
        expected = tiny.compute_states(folder, encoded.ids[row, :length])
        np.testing.assert_allclose(found[row, :length], expected, atol=2e-5)


def test_the_fingerprint_depends_on_the_weights(folder: Path, tmp_path: Path) -> None:
    assert (
        PretrainedEncoder(tiny.write(tmp_path / "same")).fingerprint == PretrainedEncoder(folder).fingerprint
    )
    assert (
        PretrainedEncoder(tiny.write(tmp_path / "other", seed=6)).fingerprint
        != PretrainedEncoder(folder).fingerprint
    )


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"])
def test_a_missing_file_is_reported(tmp_path: Path, name: str) -> None:
    (tiny.write(tmp_path) / name).unlink()
    with pytest.raises(Misconfigured, match=f"has no {name}"):
        PretrainedEncoder(tmp_path)


def test_an_encoder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tiny.write(tmp_path) / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(Misconfigured, match="is a 'gpt2'"):
        PretrainedEncoder(tmp_path)


def test_padding_must_be_the_first_word_piece(tmp_path: Path) -> None:
    file = tiny.write(tmp_path) / "vocab.txt"
    file.write_text("[UNK]\n" + file.read_text())
    with pytest.raises(Misconfigured, match=r"\[PAD\] is not the first word piece"):
        PretrainedEncoder(tmp_path)


def test_broken_weights_are_reported(tmp_path: Path) -> None:
    (tiny.write(tmp_path) / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        PretrainedEncoder(tmp_path).network(0.1)


def test_a_missing_package_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(Misconfigured, match=r"install badbuzz\[transformer\]"):
        PretrainedEncoder(folder).network(0.1)
