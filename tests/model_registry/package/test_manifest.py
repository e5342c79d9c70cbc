"""Manifests of format 1 go on being read, and are written as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import ModelRefused
from model_registry.bundled import bundled_models
from model_registry.networks.base import WORD_FORMAT
from model_registry.networks.linear import LinearNetwork
from model_registry.networks.ngram_term import NgramTerm
from model_registry.package.manifest import MANIFEST, NEWEST_FORMAT, Manifest
from model_registry.package.model_draft import pack
from tests.model_registry import tiny_model, tiny_sentence_model, tiny_transformer_model

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.networks.kinds import Network
    from model_registry.package.model_draft import ModelDraft

OF_FORMAT_2 = {"pooling", "wide", "tpr", "fpr", "ece"}
WIDE = NgramTerm(buckets=50, dropout=0.5)
ROOTED = LinearNetwork(
    vocabulary_size=tiny_model.NETWORK.vocabulary_size,
    ngram_term=NgramTerm(buckets=50, scaled_by_root_count=True),
)


@pytest.mark.parametrize("folder", bundled_models(), ids=lambda path: path.name)
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
def test_a_network_comes_back_as_it_went(network: Network) -> None:
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
def test_a_network_with_news_has_a_format_that_older_software_knows_to_be_too_new(
    draft: ModelDraft,
) -> None:
    manifest = pack(draft).manifest
    assert manifest.format == NEWEST_FORMAT > WORD_FORMAT
    assert Manifest.read(manifest.to_bytes(), source="here") == manifest
    older = manifest.model_copy(update={"format": 2})
    with pytest.raises(ModelRefused, match=f"such a {draft.network.cell} needs format 3, format says 2"):
        Manifest.read(older.to_bytes(), source="here")


def test_rates_and_calibration_come_back() -> None:
    metrics = tiny_model.METRICS.model_copy(update={"tpr": 0.5, "fpr": 0.25, "ece": 0.01})
    manifest = pack(tiny_model.draft(metrics={"test": metrics})).manifest
    assert Manifest.read(manifest.to_bytes(), source="here").metrics["test"] == metrics


def parts(value: object) -> list[dict[str, object]]:
    """Every object within a JSON value."""
    if isinstance(value, list):
        return [part for one in value for part in parts(one)]
    if isinstance(value, dict):
        return [value, *(part for one in value.values() for part in parts(one))]
    return []
