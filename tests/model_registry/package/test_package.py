"""The files of a model are untrusted: each change is refused with a reason, and nothing in them is executed."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save

from badbuzz.cleaning import get_rules
from model_registry.package.directory import read_directory
from model_registry.package.manifest import VOCABULARY, WEIGHTS
from model_registry.package.model_draft import pack
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model
from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_registry.package.package import Package

from tests.model_registry.package.tampering import get_refusal, rewrite_model


def test_an_untouched_model_is_opened(model: Path) -> None:
    read_directory(model).open()


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, "model_card.md"])
def test_a_flipped_bit(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    assert f"{name} differs from its manifest" in get_refusal(model)


def test_a_cut_off_file(model: Path) -> None:
    content = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(content[:-1])
    assert "it is cut off" in get_refusal(model)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.trace, "boom")


def test_a_pickle_disguised_as_weights_never_runs(model: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    rewrite_model(model, {WEIGHTS: pickle.dumps(Bomb(trace))})
    assert "does not hold tensors in the safetensors format" in get_refusal(model)
    assert not trace.exists()


def tensor_file(data: bytes, **described: object) -> bytes:
    header = json.dumps({"x": described}).encode()
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 64,
        struct.pack("<Q", 10) + b"not json!!",
        tensor_file(b"", dtype="F32", shape=[1 << 40], data_offsets=[0, 1 << 42]),
        tensor_file(b"\x00\x00", dtype="BF16", shape=[1], data_offsets=[0, 2]),
    ],
    ids=["empty", "zeros", "huge header", "no JSON", "beyond the end", "bfloat16"],
)
def test_weights_that_are_not_safetensors(model: Path, content: bytes) -> None:
    rewrite_model(model, {WEIGHTS: content})
    assert WEIGHTS in get_refusal(model)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"embedding": np.zeros((15, 7), np.float32)},
            "embedding has the shape (15, 7), its network needs (15, 6)",
        ),
        ({"output/bias": np.zeros((), np.float32)}, "output/bias has the shape ()"),
        ({"dense/kernel": np.zeros((8, 4), np.float64)}, "dense/kernel is float64, expected float32"),
        ({"dense/kernel": np.zeros((8, 4), np.float16)}, "dense/kernel is float16, expected float32"),
        ({"embedding": np.zeros((15, 6), np.int32)}, "embedding is int32, expected float16 or float32"),
        ({"embedding": np.full((15, 6), np.nan, np.float32)}, "embedding holds values that are not finite"),
        ({"evil": np.zeros(1, np.float32)}, "holds the tensors"),
    ],
)
def test_tensors_that_do_not_fit(model: Path, change: dict[str, Any], reason: str) -> None:
    rewrite_model(model, {WEIGHTS: save(tiny_model.tensors() | change)})
    assert reason in get_refusal(model)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"positions": np.zeros((9, 8), np.float16)},
            "positions has the shape (9, 8), its network needs (10, 8)",
        ),
        ({"norm/scale": np.zeros(8, np.float16)}, "norm/scale is float16, expected float32"),
        ({"output/kernel": np.zeros((8, 1), np.float16)}, "output/kernel is float16, expected float32"),
        ({"1/inner/kernel": np.zeros((8, 16), np.float64)}, "is float64, expected float16 or float32"),
        ({"embedding": np.full_like(tiny_transformer_model.tensors()["embedding"], np.inf)}, "not finite"),
        ({"2/inner/bias": np.zeros(16, np.float32)}, "holds the tensors"),
    ],
)
def test_tensors_that_do_not_fit_a_transformer(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    write_directory(pack(tiny_transformer_model.draft()), tmp_path / "model")
    rewrite_model(tmp_path / "model", {WEIGHTS: save(tiny_transformer_model.tensors() | change)})
    assert reason in get_refusal(tmp_path / "model")


def test_a_sentence_network_with_words(tmp_path: Path) -> None:
    write_directory(pack(tiny_sentence_model.draft()), tmp_path / "model")
    rewrite_model(tmp_path / "model", {VOCABULARY: b"word\n"})
    assert "makes 3 ids, the network has 2" in get_refusal(tmp_path / "model")


def test_a_missing_tensor(model: Path) -> None:
    tensors = tiny_model.tensors()
    del tensors["recurrent/bias"]
    rewrite_model(model, {WEIGHTS: save(tensors)})
    assert "holds the tensors" in get_refusal(model)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"user\nurl\n", "makes 4 ids, the network has 15; the files are of different models"),
        (b"\xff\n", "not UTF-8"),
        (b"user\nuser\n", "twice"),
        (b"user", "cut off"),
        (b"", "makes 2 ids, the network has 15"),
    ],
)
def test_a_vocabulary_that_does_not_fit(model: Path, content: bytes, reason: str) -> None:
    rewrite_model(model, {VOCABULARY: content})
    assert reason in get_refusal(model)


def test_other_cleaning_rules_than_the_installed_ones(model: Path, package: Package) -> None:
    rewrite_model(model, cleaning=package.manifest.cleaning.model_copy(update={"fingerprint": "0" * 64}))
    assert "trained on text cleaned by standard version 2 (000000000000…)" in get_refusal(model)


def test_unknown_cleaning_rules(model: Path, package: Package) -> None:
    rewrite_model(model, cleaning=package.manifest.cleaning.model_copy(update={"name": "thorough"}))
    assert "'thorough' are unknown" in get_refusal(model)


def test_a_model_of_an_older_version_of_the_rules_is_loaded(model: Path, package: Package) -> None:
    older = get_rules("standard", 1)
    cleaning = package.manifest.cleaning.model_copy(update={"version": 1, "fingerprint": older.fingerprint})
    rewrite_model(model, cleaning=cleaning)
    assert read_directory(model).open().manifest.cleaning.version == 1
