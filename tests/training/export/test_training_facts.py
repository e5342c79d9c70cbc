from __future__ import annotations

import os
import platform
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("sklearn")

from training.calibration import Calibration
from training.export import training_facts
from training.export.training_facts import DATA_TERMS, describe_machine, find_git_revision, record_training
from training.specs import NgramSpec

if TYPE_CHECKING:
    from pathlib import Path

    from training.data.dataset import Dataset


def test_data_settings_and_calibration_are_recorded(dataset: Dataset) -> None:
    fitted: Any = SimpleNamespace(spec=NgramSpec(name="tiny", longest=2), dataset=dataset)
    training = record_training(fitted, Calibration(2.0, -0.5), vectors=None, notes="as fitted")
    assert training.settings["longest"] == 2
    assert training.settings["train_rows"] == len(dataset.train)
    assert training.settings["calibration"] == {"slope": 2.0, "intercept": -0.5, "fitted_on": "validation"}
    assert (training.data_fingerprint, training.data_terms) == (dataset.fingerprint, DATA_TERMS)
    assert (training.vectors, training.notes) == ("none: n-grams are hashed", "as fitted")


def test_a_model_without_calibration_records_none(dataset: Dataset) -> None:
    fitted: Any = SimpleNamespace(spec=NgramSpec(name="tiny"), dataset=dataset)
    assert "calibration" not in record_training(fitted, None, vectors=None, notes="").settings


def test_without_git_there_is_no_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", fail)
    assert find_git_revision() is None


def test_the_revision_of_an_enclosing_checkout_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # noqa: S603, S607 - fixed words
    package = tmp_path / ".venv" / "site-packages"
    package.mkdir(parents=True)
    monkeypatch.setattr(training_facts, "_CHECKOUT", package)
    assert find_git_revision() is None


def test_cores_and_processor_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: AMD EPYC 7B13\n\nflags\t\t: fpu\n")
    monkeypatch.setattr(training_facts, "_PROCESSORS", tmp_path / "cpuinfo")
    assert describe_machine() == f"{os.cpu_count()} cores, AMD EPYC 7B13"


def test_a_machine_without_cpuinfo_is_named_by_its_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_facts, "_PROCESSORS", tmp_path / "nothing")
    assert describe_machine().endswith(platform.processor() or platform.machine())
