from __future__ import annotations

from pathlib import Path

import pytest

from badbuzz.errors import Misconfigured
from badbuzz.settings import load_settings
from badbuzz.settings.env_file import read_env_file


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_missing_file_is_empty() -> None:
    assert read_env_file() == ({}, [])


def test_lines_are_read_and_wrong_ones_numbered() -> None:
    Path(".env").write_text("A=1\n\n# comment\n\n\nB: 2\nexport C='3'\nD\nE=\n")
    assert read_env_file() == ({"A": "1", "C": "3", "D": None, "E": ""}, [6])


@pytest.mark.parametrize(
    "line",
    [
        "BADBUZZ_BRANDS: hunter2",
        "BADBUZZ_BRANDS hunter2",
        "- BADBUZZ_BRANDS=hunter2",
        'BADBUZZ_MODEL="hunter2',
    ],
)
def test_a_line_that_would_be_ignored_is_an_error_and_not_repeated(
    line: str, caplog: pytest.LogCaptureFixture
) -> None:
    Path(".env").write_text(f"BADBUZZ_THREADS=2\n{line}\n")
    with pytest.raises(Misconfigured, match=r"\.env line 2: expected NAME=value") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert caplog.text == ""


def test_a_setting_without_a_value_is_an_error() -> None:
    Path(".env").write_text("OTHER\nBADBUZZ_BRANDS\n")
    with pytest.raises(Misconfigured, match=r"^\.env: BADBUZZ_BRANDS has no value"):
        load_settings()
