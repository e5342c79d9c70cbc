"""The fingerprint of a sentence encoder. Encoding is tested in test_predictors.py: it needs TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from badbuzz.errors import Misconfigured
from model_registry.scoring.sentence_encoder import SentenceEncoder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("saved_model.pb", "variables/variables.index", "assets/vocabulary"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("part", ["saved_model.pb", "variables/variables.index", "assets/vocabulary"])
def test_the_content_and_the_name_of_each_part_count(folder: Path, part: str) -> None:
    before = SentenceEncoder(folder).fingerprint
    (folder / part).write_text("other")
    changed = SentenceEncoder(folder).fingerprint
    assert changed != before
    if part != "saved_model.pb":
        (folder / part).rename(folder / f"{part}2")
        assert SentenceEncoder(folder).fingerprint not in {before, changed}


def test_other_files_do_not_count(folder: Path) -> None:
    before = SentenceEncoder(folder).fingerprint
    (folder / "README.md").write_text("notes")
    assert SentenceEncoder(folder).fingerprint == before


def test_a_folder_without_a_graph_is_refused(folder: Path) -> None:
    (folder / "saved_model.pb").unlink()
    with pytest.raises(Misconfigured, match=r"holds no SavedModel: saved_model\.pb is missing"):
        SentenceEncoder(folder)
