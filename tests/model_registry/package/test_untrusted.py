"""A model directory is untrusted input: each of these is refused with the reason, and nothing of it runs."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from badbuzz.errors import ModelRefused
from model_registry.networks.recurrent import RecurrentNetwork
from model_registry.package.directory import read_directory, write_directory
from model_registry.package.manifest import MANIFEST, MAX_FILE_BYTES, VOCABULARY, WEIGHTS, FileEntry, Manifest
from model_registry.package.model_draft import pack
from model_registry.scoring.engines import open_engine
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from model_registry.package.package import Package


@pytest.fixture
def model(package: Package, tmp_path: Path) -> Path:
    write_directory(package, tmp_path / "model")
    return tmp_path / "model"


def entry(content: bytes) -> FileEntry:
    return FileEntry(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


def forge(
    model: Path,
    files: Mapping[str, bytes] | None = None,
    entries: Mapping[str, FileEntry] | None = None,
    **changes: object,
) -> None:
    """Change files and manifest, with digests that are right: only what the content means can give it away."""
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="forge")
    named = dict(manifest.files) | dict(entries or {})
    for name, content in (files or {}).items():
        (model / name).write_bytes(content)
        named[name] = entry(content)
    (model / MANIFEST).write_bytes(manifest.model_copy(update={"files": named} | changes).to_bytes())


def refusal(model: Path) -> str:
    with pytest.raises(ModelRefused) as refused:
        read_directory(model).open(str(model))
    assert str(model) in str(refused.value)
    return str(refused.value)


def test_an_untouched_model_is_opened(model: Path) -> None:
    read_directory(model).open()


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, "model_card.md"])
def test_a_flipped_bit(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    assert f"{name} differs from its manifest" in refusal(model)


@given(data=st.data())
def test_a_manifest_with_any_bit_flipped(package: Package, data: st.DataObject) -> None:
    content = bytearray(package.manifest.to_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert (
            Manifest.read(bytes(content), source="here") == package.manifest
        )  # a blank that became another blank
    except ModelRefused as refused:
        assert str(refused).startswith("here: ")  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, "model_card.md", MANIFEST])
def test_a_missing_file(model: Path, name: str) -> None:
    (model / name).unlink()
    assert name in refusal(model)


def test_a_cut_off_file(model: Path) -> None:
    content = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(content[:-1])
    assert "it is cut off" in refusal(model)


def test_a_file_that_grew(model: Path) -> None:
    with (model / WEIGHTS).open("ab") as file:
        file.write(b"x")
    assert "at most" in refusal(model)


@pytest.mark.parametrize("name", ["hook.py", ".hidden", "weights.pkl"])
def test_an_extra_file(model: Path, name: str) -> None:
    (model / name).write_bytes(b"")
    assert f"holds '{name}', which its manifest does not name" in refusal(model)


def test_an_extra_folder(model: Path) -> None:
    (model / "assets").mkdir()
    assert "holds 'assets'" in refusal(model)


def test_a_symbolic_link(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (model / WEIGHTS).rename(outside)
    (model / WEIGHTS).symlink_to(outside)
    assert "expected a regular file" in refusal(model)


def test_a_manifest_that_is_a_symbolic_link(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (model / MANIFEST).rename(outside)
    (model / MANIFEST).symlink_to(outside)
    assert "expected a regular file" in refusal(model)


def test_a_pipe_does_not_make_it_wait(model: Path) -> None:
    (model / WEIGHTS).unlink()
    os.mkfifo(model / WEIGHTS)
    assert "expected a regular file" in refusal(model)


def test_a_folder_in_a_file_s_place(model: Path) -> None:
    (model / WEIGHTS).unlink()
    (model / WEIGHTS).mkdir()
    assert "expected a regular file" in refusal(model)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/passwd",
        "sub/x.txt",
        ".hidden.txt",
        "hook.py",
        "weights.pkl",
        "a\x1b[31m.txt",
        "",
    ],
)
def test_a_file_name_that_leads_astray(model: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.txt").write_bytes(b"secret")
    forge(model, entries={name: entry(b"secret")})
    reason = refusal(model)
    assert "manifest.json is invalid: files." in reason
    assert "\x1b" not in reason


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.trace, "boom")


def test_a_pickle_disguised_as_weights_never_runs(model: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    forge(model, {WEIGHTS: pickle.dumps(Bomb(trace))})
    assert "does not hold tensors in the safetensors format" in refusal(model)
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
def test_weights_that_are_none(model: Path, content: bytes) -> None:
    forge(model, {WEIGHTS: content})
    assert WEIGHTS in refusal(model)


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
    forge(model, {WEIGHTS: save(tiny_model.tensors() | change)})
    assert reason in refusal(model)


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
    forge(tmp_path / "model", {WEIGHTS: save(tiny_transformer_model.tensors() | change)})
    assert reason in refusal(tmp_path / "model")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"heads": 3}, "8 units cannot be shared evenly by 3 heads"),
        ({"layers": 65}, "network.transformer.layers: "),
        ({"max_length": 2}, "network.transformer.max_length: "),
    ],
)
def test_a_transformer_that_cannot_be(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    write_directory(pack(tiny_transformer_model.draft()), tmp_path / "model")
    network = tiny_transformer_model.NETWORK.model_construct(
        **tiny_transformer_model.NETWORK.model_dump() | change
    )
    forge(tmp_path / "model", network=network)
    assert reason in refusal(tmp_path / "model")


def test_sentences_with_words_beside_them(tmp_path: Path) -> None:
    write_directory(pack(tiny_sentence_model.draft()), tmp_path / "model")
    forge(tmp_path / "model", {VOCABULARY: b"word\n"})
    assert "makes 3 ids, the network has 2" in refusal(tmp_path / "model")


def test_a_fingerprint_that_is_none(tmp_path: Path) -> None:
    write_directory(pack(tiny_sentence_model.draft()), tmp_path / "model")
    network = tiny_sentence_model.draft().network.model_copy(update={"encoder": "../encoder"})
    forge(tmp_path / "model", network=network)
    assert "network.sentences.encoder: " in refusal(tmp_path / "model")


def test_a_tensor_that_lacks(model: Path) -> None:
    tensors = tiny_model.tensors()
    del tensors["recurrent/bias"]
    forge(model, {WEIGHTS: save(tensors)})
    assert "holds the tensors" in refusal(model)


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
    forge(model, {VOCABULARY: content})
    assert reason in refusal(model)


def test_text_that_is_cleaned_otherwise_here(model: Path, package: Package) -> None:
    forge(model, cleaning=package.manifest.cleaning.model_copy(update={"fingerprint": "0" * 64}))
    assert "trained on text cleaned by standard version 1 (000000000000…)" in refusal(model)


def test_cleaning_rules_that_nobody_knows(model: Path, package: Package) -> None:
    forge(model, cleaning=package.manifest.cleaning.model_copy(update={"name": "thorough"}))
    assert "'thorough' are unknown" in refusal(model)


def test_a_manifest_from_the_future(model: Path) -> None:
    forge(model, format=4)
    assert "manifest format 4, this software reads up to 3; upgrade badbuzz" in refusal(model)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "perceptron"}, "kind: "),
        ({"kind": "bilstm"}, "kind says bilstm, network.cell lstm"),
        ({"version": 0}, "version: "),
        ({"name": "../up"}, "name: "),
        ({"threshold": 1.5}, "threshold: "),
        ({"files": {}}, "files lacks vocabulary.txt, weights.safetensors"),
    ],
)
def test_a_manifest_that_says_what_cannot_be(model: Path, change: dict[str, Any], reason: str) -> None:
    for name in (WEIGHTS, VOCABULARY, "model_card.md") if "files" in change else ():
        (model / name).unlink()
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="here")
    (model / MANIFEST).write_bytes(manifest.model_copy(update=change).to_bytes())
    assert reason in refusal(model)


def test_a_manifest_whose_words_would_take_over_the_terminal(model: Path, package: Package) -> None:
    forge(model, training=package.manifest.training.model_copy(update={"notes": "\x1b]0;owned\x07"}))
    assert "training.notes: " in refusal(model)


def test_a_manifest_that_vouches_for_itself(model: Path) -> None:
    forge(model, entries={MANIFEST: entry(b"")})
    assert "cannot contain its own digest" in refusal(model)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"format": NaN}', "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{}", "has no format number"),
        (b'{"format": "1"}', "has no format number"),
        (b'{"format": true}', "has no format number"),
        (b'{"format": 1}', "digest differs"),
        (b" " * (1 << 20) + b"{}", "at most 1,048,576 expected"),
    ],
)
def test_a_manifest_that_is_none(model: Path, content: bytes, reason: str) -> None:
    (model / MANIFEST).write_bytes(content)
    assert reason in refusal(model)


def test_a_file_that_claims_to_be_too_large(model: Path) -> None:
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="here")
    huge = manifest.files[WEIGHTS].model_copy(update={"bytes": MAX_FILE_BYTES + 1})
    forge(model, entries={WEIGHTS: huge})
    assert f"files.{WEIGHTS}.bytes" in refusal(model)


def test_a_file_that_is_too_large_is_not_read(model: Path) -> None:
    with (model / WEIGHTS).open("r+b") as file:
        file.truncate(MAX_FILE_BYTES * 100)  # sparse: it takes no room, but reading it would
    assert "at most" in refusal(model)


def test_small_weights_that_ask_for_a_huge_table(package: Package) -> None:
    loaded = package.open()
    network = RecurrentNetwork(vocabulary_size=1_000_000, embedding_dimensions=1, units=2_048)
    swollen = type(loaded)(
        loaded.manifest.model_copy(update={"network": network}), loaded.tensors, loaded.vocabulary
    )
    with pytest.raises(ModelRefused, match="make a table of 32,768,000,000 bytes"):
        open_engine(swollen, "numpy", 1)


def test_no_directory_at_all(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be read" in refusal(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert "this is not a Bad Buzz model" in refusal(tmp_path / "empty")
