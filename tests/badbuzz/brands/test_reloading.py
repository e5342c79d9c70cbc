from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from badbuzz.brands.reloading import ReloadingBrands
from badbuzz.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

GOOD = b"- name: airparadis\n  handles: ['@airparadis']\n"


class ManualClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class ReloadingFile:
    """A reloading matcher, its file, its clock, and the errors that it reported."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "brands.yaml"
        self.clock = ManualClock()
        self.refused: list[Misconfigured] = []
        self.stamp = 0
        self.write(GOOD)
        self.brands = ReloadingBrands(
            self.path, on_refused=self.refused.append, check_seconds=5, clock=self.clock
        )

    def write(self, content: bytes) -> None:
        """Write the file with a new modification time, however fast the test is."""
        self.path.write_bytes(content)
        self.stamp += 1
        os.utime(self.path, (self.stamp, self.stamp))

    def match(self, text: str) -> list[str]:
        brands: list[str] = self.brands.match(pa.array([text])).to_pylist()[0]
        return brands


@pytest.fixture
def reloading(tmp_path: Path) -> ReloadingFile:
    return ReloadingFile(tmp_path)


def test_a_changed_file_is_read_when_a_check_is_due(reloading: ReloadingFile) -> None:
    reloading.write(b"- name: other\n  handles: [airparadis]\n")
    reloading.clock.now = 4.9
    assert reloading.match("@airparadis") == ["airparadis"]
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["other"]
    assert reloading.refused == []


def test_an_unchanged_file_is_not_read_again(
    reloading: ReloadingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("badbuzz.brands.reloading.BrandMatcher", None)
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["airparadis"]


def test_an_invalid_file_is_reported_once_and_the_old_brands_stay(reloading: ReloadingFile) -> None:
    reloading.write(b"- name: [")
    for now in (5.0, 10.0, 15.0):
        reloading.clock.now = now
        assert reloading.match("@airparadis") == ["airparadis"]
    assert ["not YAML" in str(error) for error in reloading.refused] == [True]


def test_a_file_is_deleted_and_written_again(reloading: ReloadingFile) -> None:
    reloading.path.unlink()
    reloading.clock.now = 5.0
    assert reloading.match("@airparadis") == ["airparadis"]
    assert ["cannot be read" in str(error) for error in reloading.refused] == [True]
    reloading.write(b"- name: other\n  handles: [airparadis]\n")
    reloading.clock.now = 10.0
    assert reloading.match("@airparadis") == ["other"]


def test_an_invalid_file_at_the_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "brands.yaml").write_text("- 7\n")
    with pytest.raises(Misconfigured, match="entry 1"):
        ReloadingBrands(tmp_path / "brands.yaml", on_refused=print)
