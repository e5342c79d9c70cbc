"""Manifests are read back, old formats stay readable, and invalid manifests are refused."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badbuzz.errors import ModelRefused
from model_registry.bundled import list_bundled_models
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.package.manifest import (
    MANIFEST,
    MAX_FILE_BYTES,
    NEWEST_FORMAT,
    VOCABULARY,
    WEIGHTS,
    WORD_FORMAT,
    Manifest,
    find_oldest_format,
)
from model_registry.package.model_draft import pack
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model
from tests.model_registry.model_directory import write_directory
from tests.model_registry.package.tampering import file_entry, get_refusal, rewrite_model

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.networks.kinds import Network
    from model_registry.package.model_draft import ModelDraft
    from model_registry.package.package import Package

OF_FORMAT_2 = {"pooling", "wide", "tpr", "fpr", "ece"}
WIDE = NgramTerm(buckets=50, dropout=0.5)
ROOTED = LinearNetwork(
    vocabulary_size=tiny_model.NETWORK.vocabulary_size,
    ngram_term=NgramTerm(buckets=50, scaled_by_root_count=True),
)


@pytest.mark.parametrize("folder", list_bundled_models(), ids=lambda path: path.name)
def test_a_shipped_manifest_keeps_its_format_and_its_fields(folder: Path) -> None:
    written = (folder / MANIFEST).read_bytes()
    manifest = Manifest.read(written, source="shipped")
    again = json.loads(manifest.to_bytes())
    assert manifest.format == again["format"] == json.loads(written)["format"]
    if manifest.format == 1:
        assert not OF_FORMAT_2 & {name for part in parts(again) for name in part}
    assert Manifest.read(manifest.to_bytes(), source="again") == manifest


@pytest.mark.parametrize(
    "network",
    [
        tiny_model.NETWORK,
        tiny_model.NETWORK.model_copy(update={"pooling": "max_mean", "ngram_term": WIDE}),
        LinearNetwork(vocabulary_size=tiny_model.NETWORK.vocabulary_size, ngram_term=WIDE),
    ],
    ids=["plain", "with additions", "linear"],
)
def test_a_network_is_read_back(network: Network) -> None:
    manifest = pack(tiny_model.draft(network=network, tensors=tiny_model.tensors(network))).manifest
    read = Manifest.read(manifest.to_bytes(), source="here")
    assert read == manifest
    assert (read.network, read.kind, read.format) == (network, network.cell, WORD_FORMAT)


@pytest.mark.parametrize(
    "draft",
    [
        tiny_transformer_model.draft(),
        tiny_sentence_model.draft(),
        tiny_model.draft(network=ROOTED, tensors=tiny_model.tensors(ROOTED)),
    ],
    ids=["pieces", "sentences", "rooted"],
)
def test_additions_raise_the_format_so_that_older_software_refuses_them(
    draft: ModelDraft,
) -> None:
    manifest = pack(draft).manifest
    assert manifest.format == NEWEST_FORMAT > WORD_FORMAT
    assert Manifest.read(manifest.to_bytes(), source="here") == manifest
    older = manifest.model_copy(update={"format": 2})
    with pytest.raises(ModelRefused, match=f"such a {draft.network.cell} needs format 3, format says 2"):
        Manifest.read(older.to_bytes(), source="here")


def test_rates_and_calibration_are_read_back() -> None:
    metrics = tiny_model.METRICS.model_copy(update={"tpr": 0.5, "fpr": 0.25, "ece": 0.01})
    manifest = pack(tiny_model.draft(metrics={"test": metrics})).manifest
    assert Manifest.read(manifest.to_bytes(), source="here").metrics["test"] == metrics


def parts(value: object) -> list[dict[str, object]]:
    """Return every object within a JSON value."""
    if isinstance(value, list):
        return [part for one in value for part in parts(one)]
    if isinstance(value, dict):
        return [value, *(part for one in value.values() for part in parts(one))]
    return []


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
def test_unsafe_file_names(model: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.txt").write_bytes(b"secret")
    rewrite_model(model, entries={name: file_entry(b"secret")})
    reason = get_refusal(model)
    assert "manifest.json is invalid: files." in reason
    assert "\x1b" not in reason


def test_a_newer_format(model: Path) -> None:
    rewrite_model(model, format=4)
    assert "manifest format 4, this software reads up to 3; upgrade badbuzz" in get_refusal(model)


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
def test_invalid_fields(model: Path, change: dict[str, Any], reason: str) -> None:
    for name in (WEIGHTS, VOCABULARY, "model_card.md") if "files" in change else ():
        (model / name).unlink()
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="here")
    (model / MANIFEST).write_bytes(manifest.model_copy(update=change).to_bytes())
    assert reason in get_refusal(model)


def test_fields_are_read_by_their_names_in_json_only(model: Path) -> None:
    term = {"buckets": 50, "longest_ngram": 2}
    network = ROOTED.model_dump(mode="json") | {"wide": term}
    fields = json.loads((model / MANIFEST).read_bytes()) | {"network": network, "kind": "linear"}
    del fields["digest"]
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    (model / MANIFEST).write_text(json.dumps(fields | {"digest": digest}))
    assert "network.linear.wide.longest_ngram: " in get_refusal(model)


def test_control_characters(model: Path, package: Package) -> None:
    rewrite_model(model, training=package.manifest.training.model_copy(update={"notes": "\x1b]0;owned\x07"}))
    assert "training.notes: " in get_refusal(model)


def test_a_manifest_that_lists_itself(model: Path) -> None:
    rewrite_model(model, entries={MANIFEST: file_entry(b"")})
    assert "cannot contain its own digest" in get_refusal(model)


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
def test_content_that_is_not_a_manifest(model: Path, content: bytes, reason: str) -> None:
    (model / MANIFEST).write_bytes(content)
    assert reason in get_refusal(model)


def test_a_file_that_claims_to_be_too_large(model: Path) -> None:
    manifest = Manifest.read((model / MANIFEST).read_bytes(), source="here")
    huge = manifest.files[WEIGHTS].model_copy(update={"bytes": MAX_FILE_BYTES + 1})
    rewrite_model(model, entries={WEIGHTS: huge})
    assert f"files.{WEIGHTS}.bytes" in get_refusal(model)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"heads": 3}, "8 units cannot be shared evenly by 3 heads"),
        ({"layers": 65}, "network.transformer.layers: "),
        ({"max_length": 2}, "network.transformer.max_length: "),
    ],
)
def test_an_invalid_transformer(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    write_directory(pack(tiny_transformer_model.draft()), tmp_path / "model")
    network = tiny_transformer_model.NETWORK.model_construct(
        **tiny_transformer_model.NETWORK.model_dump() | change
    )
    rewrite_model(tmp_path / "model", network=network)
    assert reason in get_refusal(tmp_path / "model")


def test_an_invalid_fingerprint(tmp_path: Path) -> None:
    write_directory(pack(tiny_sentence_model.draft()), tmp_path / "model")
    network = tiny_sentence_model.draft().network.model_copy(update={"encoder": "../encoder"})
    rewrite_model(tmp_path / "model", network=network)
    assert "network.sentences.encoder: " in get_refusal(tmp_path / "model")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (NgramTerm(buckets=50, one_ngram_per_bucket=True), 2),
        (NgramTerm(buckets=50, scaled_by_root_count=True), 3),
    ],
)
def test_scaling_without_fingerprints_needs_format_3(term: NgramTerm, expected: int) -> None:
    assert find_oldest_format(LinearNetwork(vocabulary_size=9, ngram_term=term)) == expected
