"""A zip archive like ``trainingandtestdata.zip``, in which Sentiment140 is distributed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TRAINING_FILE = "training.1600000.processed.noemoticon.csv"
TEST_FILE = "testdata.manual.2009.06.14.csv"


def write_archive(path: Path, *, training: str, test: str) -> Path:
    """Write an archive with these two files, the test file first."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TEST_FILE, test)
        archive.writestr(TRAINING_FILE, training)
    return path
