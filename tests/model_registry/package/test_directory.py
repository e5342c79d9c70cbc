"""A model directory is untrusted: links, pipes, folders and unknown or large files are refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from model_registry.package.directory import read_directory
from model_registry.package.manifest import MANIFEST, MAX_FILE_BYTES, VOCABULARY, WEIGHTS
from tests.model_registry.model_directory import write_directory

if TYPE_CHECKING:
    from pathlib import Path

    from model_registry.package.package import Package

from tests.model_registry.package.tampering import get_refusal


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, "model_card.md", MANIFEST])
def test_a_missing_file(model: Path, name: str) -> None:
    (model / name).unlink()
    assert name in get_refusal(model)


def test_a_file_that_grew(model: Path) -> None:
    with (model / WEIGHTS).open("ab") as file:
        file.write(b"x")
    assert "at most" in get_refusal(model)


@pytest.mark.parametrize("name", ["hook.py", ".hidden", "weights.pkl"])
def test_an_extra_file(model: Path, name: str) -> None:
    (model / name).write_bytes(b"")
    assert f"holds '{name}', which its manifest does not name" in get_refusal(model)


def test_an_extra_folder(model: Path) -> None:
    (model / "assets").mkdir()
    assert "holds 'assets'" in get_refusal(model)


def test_a_symbolic_link(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (model / WEIGHTS).rename(outside)
    (model / WEIGHTS).symlink_to(outside)
    assert "expected a regular file" in get_refusal(model)


def test_a_manifest_that_is_a_symbolic_link(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (model / MANIFEST).rename(outside)
    (model / MANIFEST).symlink_to(outside)
    assert "expected a regular file" in get_refusal(model)


def test_a_pipe_is_refused_without_waiting(model: Path) -> None:
    (model / WEIGHTS).unlink()
    os.mkfifo(model / WEIGHTS)
    assert "expected a regular file" in get_refusal(model)


def test_a_folder_in_place_of_a_file(model: Path) -> None:
    (model / WEIGHTS).unlink()
    (model / WEIGHTS).mkdir()
    assert "expected a regular file" in get_refusal(model)


def test_a_file_that_is_too_large_is_not_read(model: Path) -> None:
    with (model / WEIGHTS).open("r+b") as file:
        file.truncate(MAX_FILE_BYTES * 100)  # sparse: it takes no room, but reading it would
    assert "at most" in get_refusal(model)


def test_a_path_without_a_model(tmp_path: Path) -> None:
    assert "cannot be read" in get_refusal(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be read" in get_refusal(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert "this is not a Bad Buzz model" in get_refusal(tmp_path / "empty")


def test_a_written_directory_is_read_back(package: Package, tmp_path: Path) -> None:
    write_directory(package, tmp_path / "model")
    assert read_directory(tmp_path / "model") == package
