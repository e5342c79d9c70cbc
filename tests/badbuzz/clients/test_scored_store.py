"""Where the internal files are, and which places are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from badbuzz.clients.scored_store import open_scored_store
from badbuzz.clients.storage import create_object
from badbuzz.errors import Misconfigured


@pytest.mark.parametrize("form", ["{}/scored", "{}/scored/", "file://{}/scored"])
def test_internal_files_are_beside_a_local_folder(tmp_path: Path, form: str) -> None:
    store = open_scored_store(form.format(tmp_path))
    assert create_object(store.rows, "dt=2026-03-14/file", b"row")
    assert create_object(store.internal, "origin.json", b"{}")
    assert (store.root, store.staging) == (tmp_path / "scored", tmp_path / "scored.chain" / "staging")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scored", "scored.chain"]
    assert [path.name for path in (tmp_path / "scored").iterdir()] == ["dt=2026-03-14"]
    assert (tmp_path / "scored.chain" / "origin.json").read_bytes() == b"{}"
    assert list((tmp_path / "scored.chain" / "staging").iterdir()) == []


def test_internal_files_can_be_elsewhere(tmp_path: Path) -> None:
    store = open_scored_store(str(tmp_path / "scored"), str(tmp_path / "other"))
    assert create_object(store.internal, "origin.json", b"{}")
    assert (tmp_path / "other" / "origin.json").exists()


@pytest.mark.parametrize(
    ("url", "prefix"),
    [("s3://bucket/scored", "scored.chain"), ("s3://bucket/a/b/", "a/b.chain"), ("gs://bucket/x", "x.chain")],
)
def test_internal_files_are_beside_an_object_stores_folder(
    url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    store = open_scored_store(url)
    assert getattr(store.internal, "prefix") == prefix  # noqa: B009 - not all stores have one
    assert (store.root, store.staging) == (None, None)


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/", "gs://bucket", "az://container/", "/", "//"])
def test_a_place_without_a_sibling_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"has no place beside it.*BADBUZZ_SCORED__CHAIN_URL"):
        open_scored_store(url)


def test_the_root_of_a_bucket_needs_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    store = open_scored_store("s3://bucket", "s3://other/internal")
    assert getattr(store.internal, "prefix") == "internal"  # noqa: B009


@pytest.mark.parametrize(
    ("url", "chain_url"),
    [
        ("s3://bucket/scored", "s3://bucket/scored"),
        ("s3://bucket/scored", "s3://bucket/scored/internal"),
        ("s3://bucket", "s3://bucket/internal"),
        ("s3://bucket/scored", "/var/internal"),
        ("{}/scored", "s3://bucket/internal"),
        ("{}/scored", "{}/scored"),
        ("{}/scored", "file://{}/scored/internal"),
    ],
)
def test_a_place_that_readers_would_see_is_refused(url: str, chain_url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="BADBUZZ_SCORED__CHAIN_URL"):
        open_scored_store(url.format(tmp_path), chain_url.format(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_two_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the folder of the rows was a mount point."""
    (tmp_path / "scored").mkdir()
    stat = Path.stat

    def mounted(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(path, follow_symlinks=follow_symlinks)
        if path != tmp_path / "scored":
            return found
        values = list(found)
        values[2] += 1
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", mounted)
    with pytest.raises(Misconfigured, match=r"different file systems.*a folder inside it"):
        open_scored_store(str(tmp_path / "scored"))
